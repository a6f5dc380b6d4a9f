namespace Islet.ControlPlane.Domains;

static class HostTemplate
{
}
