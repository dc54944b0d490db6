"""Resource limits of a child process, set by the process itself before it reads anything."""

import resource
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """Limits of a child process that opens untrusted bytes; defaults as in the settings.

    Attributes:
        memory_bytes: Most memory of the process.
        cpu_s: Most CPU seconds for one archive or recording.
        file_bytes: Largest file that the process may write.
        descriptors: Most files that the process may have open.
        silence_s: Seconds without an answer after which the process is ended.
    """

    memory_bytes: int = 4 << 30
    cpu_s: int = 600
    file_bytes: int = 8 << 30
    descriptors: int = 64
    silence_s: float = 3600.0

    def apply(self) -> None:
        """Limits the current process for the rest of its life; it cannot raise them again.

        RLIMIT_DATA counts memory that is written, where RLIMIT_AS counts libraries and reserved
        address space, too. A core file would hold the recording, so none is written.
        """
        for kind, most in (
            (resource.RLIMIT_DATA, self.memory_bytes),
            (resource.RLIMIT_FSIZE, self.file_bytes),
            (resource.RLIMIT_NOFILE, self.descriptors),
            (resource.RLIMIT_CORE, 0),
        ):
            hard = resource.getrlimit(kind)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (most, most))

    def grant_cpu(self) -> None:
        """Lets the current process use the CPU seconds of one more archive or recording."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        soft = int(used.ru_utime + used.ru_stime) + 1 + self.cpu_s
        soft = soft if hard == resource.RLIM_INFINITY else min(soft, hard)
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))
