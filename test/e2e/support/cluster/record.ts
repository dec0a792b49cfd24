import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FileStateStore } from '../../../../src/adapters/state/index.ts'
// The seam below the adapter's door: what goes over the wire.
import { apiCalls } from '../../../../src/adapters/kubernetes/api-calls.ts'
import type { ApiCall } from '../../../../src/adapters/kubernetes/api-calls.ts'
import { clusterOf } from '../../../../src/adapters/kubernetes/cluster.ts'
import { readKubeconfig } from '../../../../src/adapters/kubernetes/kubeconfig.ts'
import { openNode, replacePod } from '../../../../src/app/node/index.ts'
import type { BuildingWorld } from '../../../../src/app/node/index.ts'
import type { Cluster } from './cluster.ts'
import { DAEMON_SET, NAMESPACE } from './cluster.ts'

/** A question to the apiserver, and its answer. */
export type Exchange = Readonly<Pick<ApiCall, 'method' | 'path' | 'json'> & { status: number; body: unknown }>

/** One replacement in this process, with every word between Anneal and the apiserver. */
export async function recordReplacement(
  { containerd, kubeconfigs, directory }: Cluster,
  patienceMs: number,
): Promise<Readonly<{ outcome: string | undefined; exchanges: readonly Exchange[] }>> {
  const exchanges: Exchange[] = []
  const calls = apiCalls(await readKubeconfig(kubeconfigs.anneal))
  const cluster = clusterOf(async (call) => {
    const { status, body } = await calls(call)
    const { method, path, json } = call
    exchanges.push({ method, path, ...(json === undefined ? {} : { json }), status, body })
    return { status, body }
  })
  const options = {
    engine: 'containerd',
    engineSocket: containerd.socket,
    environment: {},
    stateDirectory: join(directory, 'recorded'),
    access: 'read',
  } as const
  const world = await openNode(options, 'record')
  const node = {
    ...world,
    state: new FileStateStore(options.stateDirectory),
    cluster,
  } as unknown as BuildingWorld
  const { report } = await replacePod({
    ...options,
    node,
    kubeconfig: '',
    daemonSet: { namespace: NAMESPACE, name: DAEMON_SET },
    nodeName: 'node1',
    patienceMs,
  })
  return { outcome: report?.run.state, exchanges }
}

/** What a poll was told twice in a row is kept once; of a node nothing that tells about this machine. */
export function writeRecording(
  path: string,
  { directory }: Cluster,
  recordings: Readonly<Record<string, readonly Exchange[]>>,
): void {
  const text = JSON.stringify(
    Object.fromEntries(
      Object.entries(recordings).map(([name, exchanges]) => [
        name,
        exchanges.filter((one, at) => JSON.stringify(one) !== JSON.stringify(exchanges[at - 1])),
      ]),
    ),
    (key, value: unknown) => {
      if (LEFT_OUT.includes(key)) return undefined
      if (key === 'nodeInfo') return { bootID: BOOT }
      return value
    },
    1,
  )
  writeFileSync(path, `${text.replaceAll(directory, '/run/kube')}\n`)
}

/** Long, and nothing that anybody here reads. */
const LEFT_OUT: readonly string[] =
  'managedFields images addresses capacity allocatable tolerations volumes volumeMounts affinity securityContext hostIP podIPs daemonEndpoints'.split(
    ' ',
  )

const BOOT = '6a8bd5b6-1c2e-4f6d-9d0a-0f6a54c6b007'
