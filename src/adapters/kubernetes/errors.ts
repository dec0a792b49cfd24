import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

/** What goes wrong between Anneal and an apiserver. */
export const CLUSTER_ERRORS = {
  KUBECONFIG_UNUSABLE: {
    message: 'Cannot use the kubeconfig "{path}": {why}',
    remedy:
      'name a kubeconfig with --kubeconfig whose user has a token or a client certificate; docs/pods.md shows how to make one with the least rights',
    retry: false,
    exit: EXIT.usage,
  },
  CLUSTER_UNREACHABLE: {
    message: 'Cannot {action}: the apiserver at "{server}" does not answer: {reason}',
    remedy:
      'look whether the apiserver runs, and whether this machine reaches it; then run the command again',
    retry: true,
    exit: EXIT.unavailable,
  },
  CLUSTER_UNTRUSTED: {
    message: 'Cannot {action}: the certificate of the apiserver at "{server}" is not trusted: {reason}',
    remedy:
      'name its authority in the kubeconfig (`certificate-authority`); where the certificate has another name than `server`, name that as well (`tls-server-name`)',
    retry: false,
    exit: EXIT.refused,
  },
  CLUSTER_BUSY: {
    message: 'Cannot {action}: the apiserver is overloaded, starts, or is another server: {reason}',
    remedy:
      'see `kubectl get --raw /readyz?verbose`, and whether `server` in the kubeconfig is an apiserver; then run the command again',
    retry: true,
    exit: EXIT.unavailable,
  },
  CLUSTER_REFUSES: {
    message: 'Cannot {action}: the cluster does not allow it: {reason}',
    remedy:
      'give the user of the kubeconfig the role of examples/kubernetes/anneal-rbac.yaml (see `kubectl auth can-i --list`); where it is unauthorized, give the kubeconfig a token or certificate that is valid',
    retry: false,
    exit: EXIT.refused,
  },
  CLUSTER_ANSWER: {
    message: 'Cannot {action}: the apiserver answers {status}: {reason}',
    remedy: 'see the log of the apiserver; run the command again',
    retry: true,
    exit: EXIT.failed,
  },
} as const satisfies ErrorTable

export const raiseCluster = errorsOf(CLUSTER_ERRORS)
