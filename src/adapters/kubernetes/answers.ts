import { isObject } from '../../core/index.ts'
import type { Revision } from '../../node/index.ts'
import type { ClusterNode, ClusterPod, DaemonSet, TemplateContainer } from '../../ports/index.ts'

/** An object of the API, of which nothing is known yet. */
export type ApiObject = Readonly<Record<string, unknown>>

/** The object of a path; empty where one of its members is none. */
export function inside(value: unknown, ...path: readonly string[]): ApiObject {
  let at: unknown = value
  for (const name of path) at = isObject(at) ? at[name] : undefined
  return isObject(at) ? at : {}
}

export function itemsOf(value: unknown, member = 'items'): readonly ApiObject[] {
  const items = inside(value)[member]
  return Array.isArray(items) ? items.map((one) => inside(one)) : []
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const count = (value: unknown): number => (typeof value === 'number' ? value : 0)

export function isOwnedBy(item: ApiObject, uid: string): boolean {
  return itemsOf(inside(item, 'metadata'), 'ownerReferences').some(
    (owner) => owner['uid'] === uid && owner['controller'] === true,
  )
}

export function nodeFrom(item: unknown): ClusterNode {
  const ready = itemsOf(inside(item, 'status'), 'conditions').find(({ type }) => type === 'Ready')
  const isReady = ready?.['status'] === 'True'
  return {
    name: text(inside(item, 'metadata')['name']),
    bootId: text(inside(item, 'status', 'nodeInfo')['bootID']),
    ...(!isReady && { notReady: text(ready?.['message']) || 'nothing is known of it' }),
  }
}

export function daemonSetFrom(item: unknown): DaemonSet {
  const metadata = inside(item, 'metadata')
  const status = inside(item, 'status')
  const template = inside(item, 'spec', 'template', 'spec')
  return {
    namespace: text(metadata['namespace']),
    name: text(metadata['name']),
    uid: text(metadata['uid']),
    // The API's own default (apps/v1).
    strategy: text(inside(item, 'spec', 'updateStrategy')['type']) || 'RollingUpdate',
    isEnding: metadata['deletionTimestamp'] !== undefined,
    isObserved: metadata['generation'] === status['observedGeneration'],
    misscheduled: count(status['numberMisscheduled']),
    containers: [...itemsOf(template, 'initContainers'), ...itemsOf(template, 'containers')].map(
      (one): TemplateContainer => ({
        name: text(one['name']),
        image: text(one['image']),
        pullPolicy: text(one['imagePullPolicy']),
      }),
    ),
  }
}

export function podFrom(item: ApiObject): ClusterPod {
  const metadata = inside(item, 'metadata')
  const conditions = itemsOf(inside(item, 'status'), 'conditions')
  const ready = conditions.find(({ type }) => type === 'Ready')
  return {
    name: text(metadata['name']),
    uid: text(metadata['uid']),
    revision: text(inside(metadata, 'labels')['controller-revision-hash']),
    isEnding: metadata['deletionTimestamp'] !== undefined,
    isReady: ready?.['status'] === 'True',
    why: waitsFor(item) || text(ready?.['message']) || text(inside(item, 'status')['phase']),
  }
}

/** What the containers of a pod say of themselves: `libvirt: ErrImageNeverPull`. */
function waitsFor(item: ApiObject): string {
  const status = inside(item, 'status')
  return [...itemsOf(status, 'initContainerStatuses'), ...itemsOf(status, 'containerStatuses')]
    .flatMap((one) => {
      const waiting = inside(one, 'state', 'waiting')
      const reason = text(waiting['message']) || text(waiting['reason'])
      return reason === '' ? [] : [`${text(one['name'])}: ${reason}`]
    })
    .join('; ')
}

export function revisionFrom(item: ApiObject): Revision {
  return {
    hash: text(inside(item, 'metadata', 'labels')['controller-revision-hash']),
    number: count(item['revision']),
  }
}
