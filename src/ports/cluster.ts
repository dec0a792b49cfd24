import type { DaemonSetName, Revision } from '../node/index.ts'

export type ClusterNode = Readonly<{
  name: string
  bootId: string
  /** undefined where it is ready. */
  notReady?: string
}>

export type TemplateContainer = Readonly<{
  name: string
  image: string
  /** `Always`, `IfNotPresent`, `Never`; `Always` where nothing is written and the tag is `latest`. */
  pullPolicy: string
}>

export type DaemonSet = DaemonSetName &
  Readonly<{
    uid: string
    /** `OnDelete` or `RollingUpdate`. */
    strategy: string
    isEnding: boolean
    /** Whether the controller has seen the present template. */
    isObserved: boolean
    /** Pods on nodes that should have none. */
    misscheduled: number
    containers: readonly TemplateContainer[]
  }>

export type ClusterPod = Readonly<{
  name: string
  uid: string
  revision: string
  isEnding: boolean
  isReady: boolean
  /** What its containers wait for, for people. */
  why: string
}>

/** The part of a Kubernetes cluster that a replacement needs. Each call throws the adapter's errors. */
export interface Cluster {
  /** undefined where it does not exist. */
  node(name: string): Promise<ClusterNode | undefined>
  daemonSet(name: DaemonSetName): Promise<DaemonSet | undefined>
  /** Those that this very DaemonSet owns on that node, ending ones too. */
  podsOf(daemonSet: DaemonSetName & Readonly<{ uid: string }>, node: string): Promise<readonly ClusterPod[]>
  /** Youngest last. */
  revisionsOf(daemonSet: DaemonSetName & Readonly<{ uid: string }>): Promise<readonly Revision[]>
  /**
   * Deletes the pod if it is still this one (`uid`, `resourceVersion` of a reading right before); `changed` where it is
   * not, and nothing was done.
   */
  deletePod(namespace: string, pod: Readonly<{ name: string; uid: string }>): Promise<'deleted' | 'changed'>
  /** Gives the DaemonSet the template of that revision; `changed` where somebody else wrote it at the same time. */
  restoreTemplate(
    daemonSet: DaemonSetName & Readonly<{ uid: string }>,
    revision: string,
  ): Promise<'restored' | 'changed'>
  /** Which of the rights that a replacement takes this login has not: `patch daemonsets.apps in openstack`. */
  missingRights(daemonSet: DaemonSetName, node: string): Promise<readonly string[]>
}
