import { EXIT, errorsOf } from '../core/index.ts'

export const RUNTIME_ERRORS = {
  EFFECT_TIMEOUT: {
    message: 'Cannot finish {effect}: no answer within {seconds} s',
    remedy: 'look at the engine ({engine}): its log tells what it waits for; then run `anneal node recover`',
    retry: true,
    exit: EXIT.unavailable,
  },
  PROCESSES_HIDDEN: {
    message:
      'Cannot tell who would die: {engine} runs container "{container}" as process {pid}, and neither that nor the process of any other container is seen here',
    remedy:
      'run Anneal on the host itself; within a container it needs the host’s namespaces (--privileged --pid host --cgroupns host --network host) and the host’s /run, /sys/fs/cgroup and /var/lib/anneal',
    retry: false,
    exit: EXIT.unavailable,
  },
  CONTAINER_MISSING: {
    message: 'Cannot use container "{name}" of service "{service}": the engine does not know it',
    remedy: 'somebody removed it by hand; upgrade to a release again, which creates its containers anew',
    retry: false,
    exit: EXIT.attention,
  },
  GUESTS_ENDANGERED: {
    message: 'Cannot stop container "{container}": {subjects} would die with it ({mechanism})',
    remedy: 'run `anneal node rescue`, or upgrade with --rescue',
    retry: false,
    exit: EXIT.endangered,
  },
  IMAGE_ID_UNKNOWN: {
    message: 'Cannot fetch image "{image}": it is pinned by an id, and {engine} here has none of that id',
    remedy:
      'an id is good on the engine that it was locked on: build or load the image here and run `anneal node lock` here (Docker gives other ids once it keeps images in containerd’s store), or push the image to a registry, by whose digest it is pinned for every node',
    retry: false,
    exit: EXIT.failed,
  },
  GUESTS_LEFT_BEHIND: {
    message: 'Cannot touch container "{container}": {subjects} would die ({mechanism})',
    remedy:
      'live-migrate or shut down the guest, or see with `anneal node rescue` why it cannot be moved; then run this again',
    retry: false,
    exit: EXIT.endangered,
  },
  NODE_NOT_AT_REST: {
    message: 'Cannot bring the node to rest: {detail}',
    remedy:
      'read what the container says (`docker logs`, `podman logs`), then run `anneal node recover` again; `anneal node status` tells when the node is at rest',
    retry: false,
    exit: EXIT.attention,
  },
  STARTED_FROM_OUTSIDE: {
    message:
      'Cannot keep the node at rest: container "{container}" of the release before would not stay stopped: {evidence}',
    remedy:
      'keep that from starting it, without stopping what runs (CONTAINER_OWNED and CONTAINER_WATCHED in docs/errors.md say how), then run `anneal node recover` again',
    retry: false,
    exit: EXIT.attention,
  },
  SECOND_LIBVIRT: {
    message:
      'Cannot bring the node to rest: {what} runs beside the libvirt of the release, and both take the same guests for theirs',
    remedy:
      'keep what started it from starting it again (`anneal node doctor` names units and containers), see with `anneal node kill-set` that no guest dies with it, and stop it',
    retry: false,
    exit: EXIT.attention,
  },
  SERVICE_NOT_READY: {
    message: 'Cannot start service "{service}": {state}',
    remedy: 'read the last lines of its output in the report; `anneal node history` keeps them',
    retry: false,
    exit: EXIT.failed,
  },
  DISK_LOW: {
    message: 'Cannot fetch the release: {free} free in "{path}", {needed} wanted',
    remedy: 'free space there, or move the engine’s storage to a larger file system',
    retry: false,
    exit: EXIT.refused,
  },
  JOURNAL_BROKEN: {
    message:
      'Cannot read the journal of run {run}: entry {sequence} does not follow from those before it ({why})',
    remedy:
      'keep the state directory as it is and report this; `anneal node status` shows which containers run',
    retry: false,
    exit: EXIT.attention,
  },
  RUN_UNFINISHED: {
    message: 'Cannot begin: run {run} has not come to rest (it is in "{state}")',
    remedy: 'run `anneal node recover` first',
    retry: false,
    exit: EXIT.refused,
  },
  RELEASE_UNKNOWN: {
    message: 'Cannot read release {release}: its normal form is missing from the state directory',
    remedy: 'upgrade with the release’s Compose file instead',
    retry: false,
    exit: EXIT.failed,
  },
} as const

export const raise = errorsOf(RUNTIME_ERRORS)
