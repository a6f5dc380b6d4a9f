namespace Islet.Isolates.Sandbox;

/// <summary>
/// The system calls a jailed Deno may make, everything else answers EPERM. Found by tracing a broad workload (workers,
/// wasm, sockets, sqlite, crypto, caches) and completed with harmless neighbours, so that a libc of another age works too.
/// Names a machine's architecture does not have are skipped. Never in it: fork, vfork, ptrace, mount and its new kin, bpf,
/// perf_event_open, userfaultfd, io_uring, keyctl, setns, unshare, personality, modules, *_by_handle_at, process_vm_*.
/// <c>execve</c> has to stay: the jail's own start needs it after the filter is set; no other program is in there.
/// </summary>
internal static class SeccompRules
{
    public static readonly string[] Allowed =
    [
        // files
        "access", "chdir", "chmod", "chown", "close", "close_range", "copy_file_range", "creat", "dup", "dup2", "dup3", "faccessat",
        "faccessat2", "fadvise64", "fallocate", "fchdir", "fchmod", "fchmodat", "fchmodat2", "fchown", "fchownat", "fcntl",
        "fdatasync", "fgetxattr", "flistxattr", "flock", "fstat", "fstatfs", "fsync", "ftruncate", "futimesat", "getcwd",
        "getdents", "getdents64", "getxattr", "inotify_add_watch", "inotify_init", "inotify_init1", "inotify_rm_watch",
        "lchown", "lgetxattr", "link", "linkat", "listxattr", "llistxattr", "lseek", "lstat", "memfd_create", "mkdir", "mkdirat",
        "newfstatat", "open", "openat", "openat2", "pipe", "pipe2", "pread64", "preadv", "preadv2", "pwrite64", "pwritev",
        "pwritev2", "read", "readahead", "readlink", "readlinkat", "readv", "rename", "renameat", "renameat2", "rmdir",
        "sendfile", "splice", "stat", "statfs", "statx", "symlink", "symlinkat", "sync_file_range", "tee", "truncate", "umask",
        "unlink", "unlinkat", "utime", "utimensat", "utimes", "write", "writev",
        // memory
        "brk", "madvise", "membarrier", "mincore", "mlock", "mlock2", "mmap", "mprotect", "mremap", "msync", "munlock",
        "munmap", "pkey_alloc", "pkey_free", "pkey_mprotect",
        // threads and signals
        "arch_prctl", "execve", "exit", "exit_group", "futex", "futex_waitv", "get_robust_list", "getcpu", "gettid",
        "kill", "pause", "prctl", "restart_syscall", "rseq", "rt_sigaction", "rt_sigpending", "rt_sigprocmask",
        "rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "rt_tgsigqueueinfo", "sched_get_priority_max",
        "sched_get_priority_min", "sched_getaffinity", "sched_getattr", "sched_getparam", "sched_getscheduler",
        "sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler", "sched_yield", "set_robust_list",
        "set_tid_address", "setpriority", "getpriority", "sigaltstack", "signalfd", "signalfd4", "tgkill", "tkill", "wait4", "waitid",
        // identity, limits and time
        "capget", "clock_getres", "clock_gettime", "clock_nanosleep", "getegid", "geteuid", "getgid", "getgroups",
        "getitimer", "getpgid", "getpgrp", "getpid", "getppid", "getrandom", "getresgid", "getresuid", "getrlimit",
        "getrusage", "getsid", "gettimeofday", "getuid", "nanosleep", "prlimit64", "setitimer", "setpgid", "setsid", "setrlimit",
        "sysinfo", "time", "timer_create", "timer_delete", "timer_getoverrun", "timer_gettime", "timer_settime",
        "timerfd_create", "timerfd_gettime", "timerfd_settime", "times", "uname",
        // waiting and sockets
        "accept", "accept4", "bind", "connect", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2",
        "epoll_wait", "eventfd", "eventfd2", "getpeername", "getsockname", "getsockopt", "listen", "poll", "ppoll",
        "pselect6", "recvfrom", "recvmmsg", "recvmsg", "select", "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown",
        "socketpair",
    ];
}
