import { EXIT, errorsOf } from '../src/core/index.ts'
import type { ErrorTable } from '../src/core/index.ts'

export const LAB_ERRORS = {
  LAB_NOT_ROOT: {
    message: 'Cannot use the test bed: this is uid {uid}, not root',
    remedy: 'run it as root (sudo): it starts container engines and mounts file systems',
    retry: false,
    exit: EXIT.usage,
  },
  LAB_PACKAGE_INSTALL: {
    message: 'Cannot install "{packages}": apt-get failed: {output}',
    remedy: 'install these Debian packages by hand, or repair the package sources, then run it again',
    retry: true,
    exit: EXIT.unavailable,
  },
  LAB_NO_APT: {
    message: 'Cannot install "{packages}": this machine has no apt-get',
    remedy: 'use Debian or Ubuntu, or install the programs "{programs}" by hand',
    retry: false,
    exit: EXIT.unavailable,
  },
  LAB_COMMAND_FAILED: {
    message: 'Cannot {action}: "{command}" exited with {exitCode}: {output}',
    remedy:
      'read the output above; `anneal lab status` shows what runs, `anneal lab clean` removes everything',
    retry: true,
    exit: EXIT.failed,
  },
  LAB_ENGINE_START: {
    message: "Cannot start the test bed's engine: {state}",
    remedy: 'see {log}',
    retry: true,
    exit: EXIT.unavailable,
  },
  LAB_HOST_NOT_READY: {
    message: 'Cannot start host "{name}": not ready after {seconds} s: {state}',
    remedy: 'look at it with `anneal lab host shell {name}`; `anneal lab host down {name}` removes it',
    retry: true,
    exit: EXIT.unavailable,
  },
  LAB_HOST_UNKNOWN: {
    message: 'Cannot find host "{name}": the test bed has {known}',
    remedy: 'start it with `anneal lab host up {name}`',
    retry: false,
    exit: EXIT.usage,
  },
  LAB_SUITE_UNKNOWN: {
    message: 'Cannot use Debian suite "{suite}": the test bed knows {known}',
    remedy: 'name one of these with --suite',
    retry: false,
    exit: EXIT.usage,
  },
  LAB_NO_CGROUP_V2: {
    message:
      'Cannot give host "{name}" cgroup v2: it has no controllers on this machine (mounted: {mounted})',
    remedy:
      'use a machine that boots with cgroup v2, or give v2 one controller, such as with cgroup_no_v1=hugetlb',
    retry: false,
    exit: EXIT.unavailable,
  },
  LAB_GUEST_START: {
    message: 'Cannot start guest "{name}" through "{via}": {output}',
    remedy: 'read the log of container "{via}" on the host',
    retry: true,
    exit: EXIT.failed,
  },
  LAB_GUEST_SILENT: {
    message: 'Cannot see guest "{name}" tick: {ticks} ticks after {seconds} s',
    remedy: 'look at /var/lib/nova/instances/{name}/ on the host',
    retry: true,
    exit: EXIT.failed,
  },
  LAB_KOLLA_MISSING: {
    message: 'Cannot make a node of Kolla: "{folder}" has no "{path}" of Kolla-Ansible',
    remedy:
      'fetch the repository openstack/kolla-ansible (`git clone https://opendev.org/openstack/kolla-ansible`) into that folder, or name another one with ANNEAL_KOLLA_ANSIBLE; it is not part of this repository',
    retry: false,
    exit: EXIT.unavailable,
  },
  LAB_LOCKED: {
    message: 'Cannot lock "{path}": held by pid {pid} for more than {seconds} s',
    remedy: 'wait for that run, or end it',
    retry: true,
    exit: EXIT.locked,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(LAB_ERRORS)
