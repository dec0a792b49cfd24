import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

/** What a container runtime that a kubelet uses cannot be asked for. */
export const CRI_ERRORS = {
  CRI_NOT_SERVED: {
    message: 'Cannot read the pods at "{address}": it does not serve the CRI (runtime.v1): {reason}',
    remedy:
      'name the socket that the kubelet uses (its containerRuntimeEndpoint) with --engine-socket; containerd serves runtime.v1 from 1.6 on, where its cri plugin is not disabled',
    retry: false,
    exit: EXIT.unavailable,
  },
  CRI_OTHER_RUNTIME: {
    message: 'Cannot say who dies with the pods at "{address}": they are run by {runtime}, not by containerd',
    remedy:
      'Anneal has kill rules only for containerd; move guests away before pods of this node are stopped',
    retry: false,
    exit: EXIT.refused,
  },
  CRI_ANSWER_UNREADABLE: {
    message: 'Cannot read containerd’s answer about "{subject}": {why}',
    remedy: 'run the command again; if it fails again, this version of containerd is not supported',
    retry: true,
    exit: EXIT.failed,
  },
  PODS_READ_ONLY: {
    message:
      'Cannot {action}: the containers of this node belong to pods, which this command does not change',
    remedy:
      'change pods through Kubernetes (`anneal node replace-pod` replaces one of a DaemonSet); see with `anneal node kill-set --engine containerd --cause pod-removed` which guests would end with them, and migrate those first',
    retry: false,
    exit: EXIT.refused,
  },
} as const satisfies ErrorTable

export const raiseCri = errorsOf(CRI_ERRORS)
