import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

/** Why the pod of a DaemonSet is not replaced, or was not. */
export const REPLACEMENT_ERRORS = {
  CLUSTER_NODE_UNKNOWN: {
    message: 'Cannot replace a pod on node "{node}": the cluster has no such node',
    remedy: 'name this machine as `kubectl get nodes` does, with --node-name',
    retry: false,
    exit: EXIT.usage,
  },
  CLUSTER_NODE_OTHER: {
    message: 'Cannot replace a pod on node "{node}": that node is another machine, or was not started since',
    remedy:
      'run the command on the node itself: only there can Anneal see who would end; after a reboot wait until the kubelet has reported',
    retry: false,
    exit: EXIT.refused,
  },
  CLUSTER_NODE_NOT_READY: {
    message: 'Cannot replace a pod on node "{node}": the node is not ready: {why}',
    remedy: 'see `kubectl describe node {node}`; a new pod would not become ready there',
    retry: true,
    exit: EXIT.refused,
  },
  DAEMON_SET_UNKNOWN: {
    message: 'Cannot replace a pod of "{daemonSet}": there is no such DaemonSet',
    remedy: 'name it NAMESPACE/NAME, as `kubectl get daemonsets --all-namespaces` lists it',
    retry: false,
    exit: EXIT.usage,
  },
  DAEMON_SET_ROLLS: {
    message:
      'Cannot replace a pod of "{namespace}/{name}": Kubernetes replaces its pods by itself ({strategy}), and asks nobody about guests',
    remedy:
      'run `kubectl --namespace {namespace} patch daemonset {name} --type merge --patch \'{"spec":{"updateStrategy":{"type":"OnDelete","rollingUpdate":null}}}\'`; in a chart set its update strategy to OnDelete',
    retry: false,
    exit: EXIT.refused,
  },
  DAEMON_SET_UNSETTLED: {
    message: 'Cannot replace a pod of "{daemonSet}": {why}',
    remedy: 'see `kubectl describe daemonset`, and run the command again when that is over',
    retry: true,
    exit: EXIT.refused,
  },
  DAEMON_SET_PODS: {
    message: 'Cannot replace the pod of "{daemonSet}" on node "{node}": {why}',
    remedy: 'see `kubectl get pods --all-namespaces --field-selector spec.nodeName={node}`',
    retry: true,
    exit: EXIT.refused,
  },
  POD_NO_WAY_BACK: {
    message: 'Cannot replace pod "{pod}": no ControllerRevision has its template ({revision}) any more',
    remedy:
      'raise `revisionHistoryLimit` of the DaemonSet; a pod whose template is gone can be deleted by hand when no guest needs it',
    retry: false,
    exit: EXIT.refused,
  },
  POD_IMAGE_NOT_HELD: {
    message: 'Cannot replace pod "{pod}": image "{image}" of container "{container}" {why}',
    remedy:
      'pin each image of the template by digest (NAME@sha256:…) with `imagePullPolicy: IfNotPresent`, and pull it on the node first: `crictl pull {image}`',
    retry: false,
    exit: EXIT.refused,
  },
  POD_GUESTS_WOULD_END: {
    message: 'Cannot remove pod "{pod}": {guests} would end with it',
    remedy:
      'see why with `anneal node kill-set --engine containerd --cause pod-removed {pod}`; migrate or shut down these guests first',
    retry: false,
    exit: EXIT.endangered,
  },
  POD_GUESTS_UNCERTAIN: {
    message: 'Cannot remove pod "{pod}": it is not certain who is a guest: {why}',
    remedy: 'see `anneal node doctor --engine containerd`, and follow its remedies',
    retry: false,
    exit: EXIT.refused,
  },
  POD_NOT_READY_IN_TIME: {
    message: 'Cannot see a ready pod of "{daemonSet}" with revision {revision} on node "{node}": {why}',
    remedy: 'see `kubectl describe pod` of it, and its logs',
    retry: false,
    exit: EXIT.rolledBack,
  },
  POD_GUESTS_CHANGED: {
    message: 'Cannot prove the guests of node "{node}": {why}',
    remedy: 'see `anneal node doctor --engine containerd`, and the logs of libvirt’s pod',
    retry: true,
    exit: EXIT.rolledBack,
  },
  DAEMON_SET_CHANGED: {
    message:
      'Cannot put back the earlier template of "{daemonSet}": somebody else has changed the DaemonSet meanwhile',
    remedy: 'see `kubectl rollout history daemonset`, and set the template that is wanted',
    retry: false,
    exit: EXIT.attention,
  },
  POD_EFFECT_SLOW: {
    message: 'Cannot {effect}: it did not end within {seconds} s',
    remedy: 'see `kubectl get events` for what the cluster waits for',
    retry: false,
    exit: EXIT.unavailable,
  },
  POD_JOURNAL_BROKEN: {
    message: 'Cannot go on with the replacement that was interrupted: {why}',
    remedy: 'see with kubectl what runs; then move the folder "pods" of the state directory away',
    retry: false,
    exit: EXIT.attention,
  },
} as const satisfies ErrorTable

export const raiseReplacement = errorsOf(REPLACEMENT_ERRORS)
