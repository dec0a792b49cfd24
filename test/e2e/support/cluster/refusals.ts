import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from './cluster.ts'
import { DAEMON_SET, NAMESPACE, SET_PATH } from './cluster.ts'
import type { Replaced } from './on-node.ts'

type Stage = Readonly<{
  cluster: Cluster
  replace: (more?: readonly string[], kubeconfig?: string) => Promise<Replaced>
  template: (version: string, change?: (set: object) => object) => Promise<void>
  observed: () => Promise<void>
  readyPod: () => Promise<unknown>
}>

export type Refusal = Readonly<{ name: string }> & Replaced

const NODE = '/api/v1/nodes/node1'
const MERGE = 'application/merge-patch+json'
const STRATEGIC = 'application/strategic-merge-patch+json'
const REVISIONS = `/apis/apps/v1/namespaces/${NAMESPACE}/controllerrevisions`
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`

/** Each made to happen on the cluster, and taken back. The guest leaves its pod after the first: `moveOut`. */
export async function* refusals(stage: Stage, moveOut: () => void): AsyncGenerator<Refusal> {
  const { cluster, replace, template, observed } = stage
  const { plane, kubeconfigs } = cluster
  const container = (change: object) => (set: object) => {
    const changed = structuredClone(set) as { spec: { template: { spec: { containers: object[] } } } }
    const { containers } = changed.spec.template.spec
    changed.spec.template.spec.containers = containers.map((one) => ({ ...one, ...change }))
    return changed
  }
  const strategy = (updateStrategy: object) =>
    plane.ask('PATCH', SET_PATH, { spec: { updateStrategy } }, MERGE)

  yield { name: 'current', ...(await replace()) }
  await template('refused')
  yield { name: 'guest inside', ...(await replace()) }
  moveOut()
  yield { name: 'no rights', ...(await replace([], kubeconfigs.nobody)) }
  yield { name: 'no such node', ...(await replace(['--node-name', 'node2'])) }

  // Kubernetes itself would replace the pod at once: its controller must not see this before Anneal does.
  await plane.stop('kube-controller-manager')
  await strategy({ type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } })
  yield { name: 'rolling update', ...(await replace()) }
  await strategy({ type: 'OnDelete', rollingUpdate: null })
  yield { name: 'not observed', ...(await replace()) }
  plane.start('kube-controller-manager')
  await observed()

  await template('refused', container({ image: cluster.image.replace(/@.*/, ':1') }))
  yield { name: 'not pinned', ...(await replace()) }
  await template('refused', container({ image: `localhost/anneal/none@sha256:${'0'.repeat(64)}` }))
  yield { name: 'not on the node', ...(await replace()) }
  await template('refused', container({ imagePullPolicy: 'Always' }))
  yield { name: 'pulled always', ...(await replace()) }
  await template('refused')

  const taint = { key: 'maintenance', value: 'yes', effect: 'NoSchedule' }
  await plane.ask('PATCH', NODE, { spec: { taints: [taint] } }, STRATEGIC)
  await until(
    async () =>
      ((await plane.ask('GET', SET_PATH)).body['status'] as { numberMisscheduled: number })
        .numberMisscheduled > 0,
  )
  yield { name: 'misscheduled', ...(await replace()) }
  await plane.ask('PATCH', NODE, { spec: { taints: null } }, MERGE)
  await until(
    async () =>
      ((await plane.ask('GET', SET_PATH)).body['status'] as { numberMisscheduled: number })
        .numberMisscheduled === 0,
  )

  const network = join(cluster.directory, 'c/cni/none.conflist')
  rmSync(network)
  await until(async () => !(await isReady(cluster)))
  yield { name: 'node not ready', ...(await replace()) }
  writeFileSync(network, JSON.stringify({ cniVersion: '0.3.1', name: 'none', plugins: [{ type: 'none' }] }))
  await until(() => isReady(cluster))

  await plane.stop('kube-controller-manager')
  const pod = ((await plane.ask('GET', PODS)).body['items'] as readonly PodObject[])[0]
  const { name: _name, uid: _uid, resourceVersion: _version, ...metadata } = pod?.metadata ?? {}
  const second = { metadata: { ...metadata, name: `${DAEMON_SET}-second` }, spec: pod?.spec }
  await plane.ask('POST', PODS, second)
  yield { name: 'two pods', ...(await replace()) }
  await plane.ask('DELETE', `${PODS}/${DAEMON_SET}-second`, { gracePeriodSeconds: 0 })
  const revisions = (await plane.ask('GET', REVISIONS)).body['items'] as readonly Revision[]
  const own = revisions.find(
    ({ metadata: { labels } }) =>
      labels['controller-revision-hash'] === pod?.metadata['labels']?.['controller-revision-hash'],
  )
  await plane.ask('DELETE', `${REVISIONS}/${own?.metadata.name}`)
  await until(async () => ((await plane.ask('GET', PODS)).body['items'] as readonly unknown[]).length === 1)
  yield { name: 'no way back', ...(await replace()) }
  const { metadata: gone, ...rest } = own ?? { metadata: undefined }
  const { uid: _u, resourceVersion: _r, ...kept } = (gone ?? {}) as Record<string, unknown>
  await plane.ask('POST', REVISIONS, { ...rest, metadata: kept })
  plane.start('kube-controller-manager')

  await plane.stop('kube-apiserver')
  const alone = await replace()
  plane.start('kube-apiserver')
  await until(async () => (await plane.ask('GET', '/readyz').catch(() => undefined))?.status === 200)
  await until(() => isReady(cluster))
  yield { name: 'no apiserver', ...alone }
}

type PodObject = Readonly<{
  metadata: Readonly<Record<string, unknown>> & Readonly<{ labels?: Readonly<Record<string, string>> }>
  spec: object
}>

type Revision = Readonly<{ metadata: Readonly<{ name: string; labels: Readonly<Record<string, string>> }> }>

async function isReady({ plane }: Cluster): Promise<boolean> {
  const { conditions } = (await plane.ask('GET', NODE)).body['status'] as {
    conditions: readonly { type: string; status: string }[]
  }
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
}

async function until(look: () => Promise<boolean>): Promise<void> {
  for (let looked = 0; looked < 600; looked += 1) {
    if (await look()) return
    await sleep(200)
  }
  throw new Error('the cluster does not come to what was asked of it')
}
