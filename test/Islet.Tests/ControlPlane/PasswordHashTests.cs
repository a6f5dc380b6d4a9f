using Islet.ControlPlane.Users;

namespace Islet.Tests.ControlPlane;

public sealed class PasswordHashTests
{
    [Fact]
    public void Only_the_same_password_fits_and_equal_ones_look_different()
    {
        var stored = PasswordHash.Create("correct horse");

        PasswordHash.Verify(stored, "correct horse").ShouldBeTrue();
        PasswordHash.Verify(stored, "correct horsf").ShouldBeFalse();
        PasswordHash.Verify("", "correct horse").ShouldBeFalse();
        PasswordHash.Create("correct horse").ShouldNotBe(stored);
    }
}
