namespace Islet.Edge.Forwarding;

/// <summary>Every way in which the edge itself ends a request. What a program answers, a 500 as well, is none of them.</summary>
enum ForwardingError
{
    None,

    /// <summary>No route, or its deployment is gone.</summary>
    DeploymentNotFound,

    /// <summary>The program threw while starting, or died while it served.</summary>
    UncaughtException,

    /// <summary>The isolate ended, or broke HTTP, for no reason known as the program's.</summary>
    IsolateInternalFailure,

    MemoryLimit,

    /// <summary>It did not come up in time.</summary>
    TimeLimit,

    /// <summary>No headers within the request timeout.</summary>
    RequestTimeout,

    /// <summary>The node's limit of live isolates is reached.</summary>
    NoCapacity,

    /// <summary>The organization's limit of live isolates is reached.</summary>
    IsolateLimit,

    /// <summary>The deployment's limit of concurrent requests is reached.</summary>
    TooManyRequests,

    /// <summary>The project's limit of requests per second is reached.</summary>
    RateLimit,

    /// <summary>The isolate used more processor time than its requests may.</summary>
    CpuLimit,

    /// <summary>The isolate did not read what it was sent for longer than it may.</summary>
    EventLoopBlocked,

    /// <summary>A deployment asked itself, by way of others perhaps, too many times over.</summary>
    LoopDetected,

    /// <summary>The request's head or body breaks HTTP, or could be read in two ways.</summary>
    BadRequest,

    BodyTooLarge,

    /// <summary>The visitor sent its body too slowly.</summary>
    BodyTimeout,

    /// <summary>CONNECT, which only a proxy answers.</summary>
    MethodNotAllowed,

    /// <summary>The visitor went away: there is nobody to answer.</summary>
    ClientGone,

    /// <summary>The answer had begun when it failed: the connection was aborted.</summary>
    Aborted,
}
