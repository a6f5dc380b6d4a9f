namespace Islet.Isolates.Sandbox;

/// <summary>One parent group of this server (named by its data directory), one child per jail. Versions 1 and 2.</summary>
internal interface ICgroupTree
{
    /// <summary>Makes a group with limits that were read back.</summary>
    /// <exception cref="IOException">A limit could not be set.</exception>
    Cgroup Create(string name, ResourceLimits limits);

    /// <summary>Kills every process in the tree and removes it.</summary>
    void Sweep();
}
