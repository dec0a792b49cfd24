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
  ENGINE_REFUSED: {
    message: 'Cannot {action} "{subject}": {engine} says: {reason}',
    remedy: "read the engine's own log around this moment; the text above is all it told Anneal",
    retry: false,
    exit: EXIT.failed,
  },
  CAPABILITY_MISSING: {
    message: 'Cannot {action} "{subject}": this host may not grant {capabilities}, which {engine} asks for',
    remedy:
      'no container can be made privileged, or have its limits raised, on this host unless its runtime leaves {capabilities} out: register such a runtime with the engine, or run on a host whose capability bounding set (CapBnd in /proc/self/status) is whole',
    retry: false,
    exit: EXIT.unavailable,
  },
  DISK_FULL: {
    message: 'Cannot {action} "{subject}": no space is left on the disk that {engine} keeps its data on',
    remedy:
      'free space there (old releases: remove their containers first, then their images) and run this again',
    retry: false,
    exit: EXIT.failed,
  },
  IMAGE_NOT_FOUND: {
    message: 'Cannot find image "{image}": {state}',
    remedy: 'check its name and digest; where no registry holds it, build or import it on this node first',
    retry: false,
    exit: EXIT.failed,
  },
  IMAGE_DIGEST_MISMATCH: {
    message: 'Cannot accept image "{image}": what the registry gave is not what was asked for ({state})',
    remedy:
      'do not use this registry or the proxy before it until it is known who changed the image; nothing was started from it',
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
    remedy: 'check that this node reaches the registry (name, port, TLS, proxy), then run this again',
    retry: true,
    exit: EXIT.unavailable,
  },
  IMAGE_BUILD_FAILED: {
    message: 'Cannot build image "{image}": {reason}',
    remedy: 'the last lines of the build were:\n{output}',
    retry: false,
    exit: EXIT.failed,
  },
  CONTAINER_NOT_FOUND: {
    message: 'Cannot {action} "{subject}": {engine} has no such container',
    remedy: 'list what is there with `anneal node status`',
    retry: false,
    exit: EXIT.failed,
  },
  CONTAINER_NAME_TAKEN: {
    message: 'Cannot create container "{subject}": another container has that name',
    remedy: 'rename or remove the other container; Anneal touches only containers that carry its labels',
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
    remedy: "correct the service in the release or the host as the engine's text says",
    retry: false,
    exit: EXIT.failed,
  },
  CONTAINER_STOP_FAILED: {
    message: 'Cannot stop container "{subject}": {reason}',
    remedy: 'look for processes of it that cannot be killed (state D in ps), then run this again',
    retry: true,
    exit: EXIT.failed,
  },
  EXEC_FAILED: {
    message: 'Cannot run {command} in container "{subject}": {reason}',
    remedy: 'check that the container runs and that its image holds that program',
    retry: false,
    exit: EXIT.failed,
  },
  EXEC_TIMEOUT: {
    message: 'Cannot finish {command} in "{subject}": it still ran after {timeoutMs} ms and was killed',
    remedy: 'look at what it waits for, or allow it more time',
    retry: true,
    exit: EXIT.failed,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(ENGINE_ERRORS)
