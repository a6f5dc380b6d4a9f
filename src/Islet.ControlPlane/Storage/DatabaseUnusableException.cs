namespace Islet.ControlPlane.Storage;

/// <summary>The database cannot be had, or is not for this program. The message is for the operator and says what to do.</summary>
public sealed class DatabaseUnusableException(string message, Exception? inner = null) : Exception(message, inner);
