import { EXIT, errorsOf } from '../../core/index.ts'

export const RUNTIME_ERRORS = {
  EFFECT_TIMEOUT: {
    message: 'Cannot finish {effect}: no answer within {seconds} s',
    remedy: 'read the log of the engine ({engine}) to see what it waits for, then run `anneal node recover`',
    retry: true,
    exit: EXIT.unavailable,
  },
  PROCESSES_HIDDEN: {
    message:
      'Cannot tell who would die: {engine} runs container "{container}" as process {pid}, but no process of any container is visible here',
    remedy:
      'run Anneal on the host; in a container it needs the host’s namespaces (--privileged --pid host --cgroupns host --network host) and the host’s /run, /sys/fs/cgroup and /var/lib/anneal',
    retry: false,
    exit: EXIT.unavailable,
  },
  CONTAINER_MISSING: {
    message: 'Cannot use container "{name}" of service "{service}": the engine does not know it',
    remedy: 'somebody removed it: upgrade to a release again, which creates new containers',
    retry: false,
    exit: EXIT.attention,
  },
  CONTAINER_DEAD: {
    message:
      'Cannot start container "{name}" of service "{service}": the engine cannot start it again, and a guest needs a file in it, so that it is not replaced',
    remedy:
      'shut that guest down, copy its files out (`podman cp`, `docker cp`), remove the container, and run `anneal node recover`, which creates it again',
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
    message:
      'Cannot fetch image "{image}": it is pinned by an id, and {engine} on this node has no image with this id',
    remedy:
      'an id is valid only on the engine where it was locked. Push the image to a registry and lock again: a digest is valid on every node. Or build or load the image here and run `anneal node lock` here (Docker changes ids when it moves images to containerd’s store)',
    retry: false,
    exit: EXIT.failed,
  },
  GUESTS_LEFT_BEHIND: {
    message: 'Cannot start or remove container "{container}": {subjects} would die ({mechanism})',
    remedy:
      'live-migrate or shut down the guest, then run this again; `anneal node rescue` shows why it cannot be moved',
    retry: false,
    exit: EXIT.endangered,
  },
  NODE_NOT_AT_REST: {
    message: 'Cannot bring the node to rest: {detail}',
    remedy:
      'read the container’s log (`docker logs`, `podman logs`), then run `anneal node recover` again; `anneal node status` shows when the node is at rest',
    retry: false,
    exit: EXIT.attention,
  },
  STARTED_FROM_OUTSIDE: {
    message:
      'Cannot keep the node at rest: container "{container}" of the previous release would not stay stopped: {evidence}',
    remedy:
      'disable what starts it without stopping what runs (see CONTAINER_OWNED and CONTAINER_WATCHED in docs/errors.md), then run `anneal node recover` again',
    retry: false,
    exit: EXIT.attention,
  },
  SECOND_LIBVIRT: {
    message:
      'Cannot bring the node to rest: {what} runs beside the libvirt of the release, and both manage the same guests',
    remedy:
      'disable what started it (`anneal node doctor` names units and containers), check with `anneal node kill-set` that no guest dies with it, and stop it',
    retry: false,
    exit: EXIT.attention,
  },
  SERVICE_NOT_READY: {
    message: 'Cannot start service "{service}": {state}',
    remedy: 'read the last lines of its output in the report or in `anneal node history --json`',
    retry: false,
    exit: EXIT.failed,
  },
  DISK_LOW: {
    message: 'Cannot fetch the release: {free} free in "{path}", {needed} needed',
    remedy: 'free space there, or move the engine’s storage to a larger file system',
    retry: false,
    exit: EXIT.refused,
  },
  JOURNAL_BROKEN: {
    message:
      'Cannot read the journal of run {run}: entry {sequence} does not follow from the entries before it ({why})',
    remedy: 'keep the state directory and report this; `anneal node status` shows which containers run',
    retry: false,
    exit: EXIT.attention,
  },
  RUN_UNFINISHED: {
    message: 'Cannot begin: run {run} has not ended (it is in "{state}")',
    remedy: 'run `anneal node recover` first',
    retry: false,
    exit: EXIT.refused,
  },
  RELEASE_UNKNOWN: {
    message: 'Cannot read release {release}: its normal form is missing from the state directory',
    remedy: 'upgrade with the Compose file of the release instead',
    retry: false,
    exit: EXIT.failed,
  },
} as const

export const raise = errorsOf(RUNTIME_ERRORS)
