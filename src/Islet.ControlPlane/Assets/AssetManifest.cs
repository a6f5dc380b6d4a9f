namespace Islet.ControlPlane.Assets;

static class AssetManifest
{
    public static void Write()
    {
    }
}
