import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

/** What a container engine can refuse. `{reason}` is the engine's own text; `{engine}` is Docker or Podman. */
export const ENGINE_ERRORS = {
  ENGINE_UNREACHABLE: {
    message: 'Cannot reach {engine} at "{address}": {state}',
    remedy: '{advice}',
    retry: true,
    exit: EXIT.unavailable,
  },
  CONTAINERD_UNREACHABLE: {
    message: 'Cannot {action} "{subject}": {engine} does not reach containerd: {reason}',
    remedy:
      'start containerd (`systemctl start containerd`), or read `journalctl -u containerd` if it does not stay up; then run this again',
    retry: true,
    exit: EXIT.unavailable,
  },
  ENGINE_REFUSED: {
    message: 'Cannot {action} "{subject}": {engine} says: {reason}',
    remedy: "read the engine's log at this time; the text above is all that Anneal received",
    retry: false,
    exit: EXIT.failed,
  },
  CAPABILITY_MISSING: {
    message: 'Cannot {action} "{subject}": {engine} asks for {capabilities}, which this host does not have',
    remedy:
      'use a host with the full capability bounding set (CapBnd in /proc/self/status), or register an OCI runtime that leaves {capabilities} out',
    retry: false,
    exit: EXIT.unavailable,
  },
  DISK_FULL: {
    message: 'Cannot {action} "{subject}": the disk with the data of {engine} is full',
    remedy:
      'free space there, then run this again; to remove an old release, remove its containers first, then its images',
    retry: false,
    exit: EXIT.failed,
  },
  IMAGE_NOT_FOUND: {
    message: 'Cannot find image "{image}": {state}',
    remedy: 'check its name and digest; if it is in no registry, build or load it on this node first',
    retry: false,
    exit: EXIT.failed,
  },
  IMAGE_DIGEST_MISMATCH: {
    message: 'Cannot accept image "{image}": the registry sent something else ({state})',
    remedy:
      'find out who changed the image before you use this registry, or the proxy in front of it, again; nothing was started from the image',
    retry: false,
    exit: EXIT.failed,
  },
  REGISTRY_AUTH_REQUIRED: {
    message: 'Cannot pull image "{image}": registry "{registry}" refuses {login}',
    remedy:
      'log in as the user that runs Anneal (`docker login {registry}` or `podman login {registry}`), then run this again',
    retry: false,
    exit: EXIT.failed,
  },
  REGISTRY_UNREACHABLE: {
    message: 'Cannot pull image "{image}": registry "{registry}" does not answer: {reason}',
    remedy: 'check that this node can reach the registry (name, port, TLS, proxy), then run this again',
    retry: true,
    exit: EXIT.unavailable,
  },
  IMAGE_BUILD_FAILED: {
    message: 'Cannot build image "{image}": {reason}',
    remedy: 'correct what the build reports; its last lines are:\n{output}',
    retry: false,
    exit: EXIT.failed,
  },
  CONTAINER_NOT_FOUND: {
    message: 'Cannot {action} "{subject}": {engine} has no such container',
    remedy: 'run `anneal node status` to see the containers',
    retry: false,
    exit: EXIT.failed,
  },
  CONTAINER_NAME_TAKEN: {
    message: 'Cannot create container "{subject}": another container has that name',
    remedy: 'rename or remove the other container; Anneal changes only containers with its own labels',
    retry: false,
    exit: EXIT.failed,
  },
  CONTAINER_CREATE_FAILED: {
    message: 'Cannot create container "{subject}": {reason}',
    remedy: 'correct the service in the release; no container was made',
    retry: false,
    exit: EXIT.failed,
  },
  CONTAINER_START_FAILED: {
    message: 'Cannot start container "{subject}": {reason}',
    remedy: "correct the service in the release, or the host, as the engine's message says",
    retry: false,
    exit: EXIT.failed,
  },
  CONTAINER_STOP_FAILED: {
    message: 'Cannot stop container "{subject}": {reason}',
    remedy: 'look for processes of the container that cannot be killed (state D in ps), then run this again',
    retry: true,
    exit: EXIT.failed,
  },
  EXEC_FAILED: {
    message: 'Cannot run {command} in container "{subject}": {reason}',
    remedy: 'check that the container runs and that its image has this program',
    retry: false,
    exit: EXIT.failed,
  },
  EXEC_TIMEOUT: {
    message: 'Cannot finish {command} in "{subject}": it still ran after {timeoutMs} ms and was killed',
    remedy: 'find out what it waits for, or give it more time',
    retry: true,
    exit: EXIT.failed,
  },
  IMAGE_ANSWER_TIMEOUT: {
    message:
      'Cannot finish {command} in image "{subject}": it did nothing for {timeoutMs} ms or worked for longer, and was killed ({state})',
    remedy:
      'run this again. If it repeats, start the image by hand and find out what it waits for; if it had no process left, restart containerd and the engine',
    retry: true,
    exit: EXIT.failed,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(ENGINE_ERRORS)
