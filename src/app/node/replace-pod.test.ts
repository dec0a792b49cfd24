import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { plainSpec } from '../../adapters/containers/index.ts'
import { clusterOf } from '../../adapters/kubernetes/cluster.ts'
import { raiseCluster } from '../../adapters/kubernetes/index.ts'
import { SimulatedCluster, SimulatedNode } from '../../adapters/simulated/index.ts'
import type { Cluster } from '../../ports/index.ts'
import { crashAtEveryBoundary } from '../../saga/index.ts'
import type { BuildingWorld } from './open-node.ts'
import { previewReplacePod, replacePod } from './replace-pod.ts'

const LOGS = { type: 'bind', source: '/logs', target: '/var/log/libvirt', readOnly: false } as const
const IMAGE = `registry.example/libvirt@sha256:${'1'.repeat(64)}`

type Bed = Readonly<{ node: SimulatedNode; cluster: SimulatedCluster; container: string }>

/** A node with a guest that its pod does not take along. */
async function bed(): Promise<Bed> {
  const node = new SimulatedNode({ [IMAGE]: { libvirt: '9.0.0', flags: ['a'] } })
  const spec = plainSpec({ name: 'libvirt', image: IMAGE, labels: {}, privileged: true, mounts: [LOGS] })
  const container = await node.engine.createContainer(spec)
  await node.engine.startContainer(container)
  const cluster = new SimulatedCluster(node, container, IMAGE)
  node.startGuest('one')
  return { node, cluster, container }
}

const optionsFor = ({ cluster }: Bed, changes: Partial<Cluster> = {}) => ({
  environment: {},
  stateDirectory: '/nowhere',
  kubeconfig: '',
  daemonSet: cluster.name,
  nodeName: cluster.nodeName,
  patienceMs: 60_000,
  // No image is built.
  node: { ...cluster.world(), cluster: changed(cluster, changes) } as unknown as BuildingWorld,
})

/** The same cluster, but for some calls. */
function changed(cluster: Cluster, changes: Partial<Cluster>): Cluster {
  return new Proxy(cluster, {
    get(target, key) {
      const member: unknown = Reflect.get(changes, key) ?? Reflect.get(target, key)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

/** Its pods once none of them is ending. */
async function settled({ cluster }: Bed): ReturnType<Cluster['podsOf']> {
  const pods = await cluster.podsOf()
  return pods.some(({ isEnding }) => isEnding) ? cluster.podsOf() : pods
}

describe('a pod is replaced', () => {
  test('by one of the present template, and the guest stays', async () => {
    const one = await bed()
    one.cluster.change({ hash: 'second', becomesReady: true })
    const { report } = await replacePod(optionsFor(one))
    assert.equal(report?.run.state, 'replaced')
    assert.deepEqual(one.cluster.now, { pods: ['second'], template: 'second' })
    assert.deepEqual((await replacePod(optionsFor(one))).preview.isCurrent, true)
  })

  test('by one of the earlier template, where the new one does not become ready', async () => {
    const one = await bed()
    one.cluster.change({ hash: 'second', becomesReady: false })
    const { report } = await replacePod(optionsFor(one))
    assert.deepEqual([report?.run.state, report?.run.reason?.code], ['wentBack', 'POD_NOT_READY_IN_TIME'])
    assert.deepEqual(one.cluster.now, { pods: ['first'], template: 'first' })
  })

  for (const [why, act, state, said] of [
    ['and not back, where a tenant has shut his guest down', 'tenant', 'replaced', undefined],
    [
      'and back again, where a guest has crashed',
      'crash',
      'stuck',
      /one \(pid \d+\) has ended: its QEMU crashed/,
    ],
    [
      'and back again, where nothing says who ended a guest',
      'vanish',
      'stuck',
      /has ended: nothing says who/,
    ],
  ] as const)
    test(`${why} meanwhile`, async () => {
      const one = await bed()
      one.cluster.change({ hash: 'second', becomesReady: true })
      const deletePod: Cluster['deletePod'] = (namespace, pod) => {
        if (act === 'crash') one.node.crash('one')
        else if (act === 'tenant') one.node.tenant('shutsDown', 'one')
        else for (const guest of one.node.guests) guest.alive = false
        return one.cluster.deletePod(namespace, pod)
      }
      const { report } = await replacePod(optionsFor(one, { deletePod }))
      assert.deepEqual([report?.run.state, report?.ended.length], [state, act === 'tenant' ? 1 : 0])
      assert.match(report?.run.reason?.message ?? '', said ?? /^$/)
    })

  test('while the apiserver starts again, and allows nobody anything for a moment', async () => {
    for (const code of ['CLUSTER_BUSY', 'CLUSTER_REFUSES'] as const) {
      const one = await bed()
      one.cluster.change({ hash: 'second', becomesReady: true })
      let looks = 0
      const podsOf: Cluster['podsOf'] = async () => {
        looks += 1
        // Of the plan, of the deletion twice, of the wait.
        if (looks > 3 && looks < 7) throw raiseCluster(code, { action: 'list', reason: 'starting' })
        return one.cluster.podsOf()
      }
      const { report } = await replacePod(optionsFor(one, { podsOf }))
      assert.deepEqual([report?.run.state, report?.run.reason], ['replaced', undefined], code)
      assert.ok(looks >= 7)
    }
  })

  test('and one that somebody else has made of a third template is not deleted', async () => {
    const one = await bed()
    one.cluster.change({ hash: 'second', becomesReady: true })
    const deletePod: Cluster['deletePod'] = (namespace, pod) => {
      one.cluster.change({ hash: 'third', becomesReady: true })
      return one.cluster.deletePod(namespace, pod)
    }
    const deleted: string[] = []
    const counted: Cluster['deletePod'] = (namespace, pod) => {
      deleted.push(pod.name)
      return deletePod(namespace, pod)
    }
    const { report } = await replacePod(optionsFor(one, { deletePod: counted, podsOf: () => settled(one) }))
    assert.deepEqual(
      [report?.run.state, report?.run.secondReason?.code, deleted],
      ['stuck', 'DAEMON_SET_CHANGED', ['libvirt-1']],
    )
    assert.deepEqual(one.cluster.now, { pods: ['third'], template: 'third' })
  })

  test('after that of another DaemonSet that was interrupted, which only its own cluster brings to rest', async () => {
    const one = await bed()
    one.cluster.change({ hash: 'second', becomesReady: true })
    let looks = 0
    const podsOf: Cluster['podsOf'] = async () => {
      looks += 1
      if (looks > 3) throw new Error('killed')
      return one.cluster.podsOf()
    }
    await assert.rejects(replacePod(optionsFor(one, { podsOf })), /killed/)
    const left = await previewReplacePod(optionsFor(one))
    assert.deepEqual([left.interrupted, left.plan.daemonSet.name], ['awaiting', 'libvirt'])
    const elsewhere = { node: async (name: string) => ({ name, bootId: 'another' }) }
    await assert.rejects(replacePod(optionsFor(one, elsewhere)), { code: 'CLUSTER_NODE_OTHER' })
    assert.equal((await previewReplacePod(optionsFor(one))).interrupted, 'awaiting')
    const ends: string[] = []
    const other = { ...optionsFor(one), daemonSet: { namespace: 'openstack', name: 'neutron' } }
    await assert.rejects(replacePod(other, { onRecovered: ({ run }) => void ends.push(run.state) }), {
      code: 'DAEMON_SET_UNKNOWN',
    })
    assert.deepEqual(ends, ['replaced'])
  })

  for (const becomesReady of [true, false]) {
    const told = becomesReady ? 'a good template' : 'one that never gets ready'
    test(`with a crash at every boundary: ${told}`, async () => {
      const boundaries = await crashAtEveryBoundary<Bed>({
        async prepare() {
          const one = await bed()
          one.cluster.change({ hash: 'second', becomesReady })
          return one
        },
        points: ({ node }) => node.points,
        run: (one) => replacePod(optionsFor(one)),
        recover: (one) => replacePod(optionsFor(one)),
        assertAtRest({ node, cluster }, crash) {
          const hash = becomesReady ? 'second' : 'first'
          assert.deepEqual(cluster.now, { pods: [hash], template: hash }, crash)
          assert.ok(node.guests[0]?.alive, crash)
        },
      })
      assert.ok(boundaries > 15, String(boundaries))
    })
  }
})

type Exchange = Readonly<{ method: string; path: string; json?: unknown; status: number; body: unknown }>

/** What a real apiserver (1.20.2) answered: fixtures/INDEX.md of the adapter. */
const RECORDED = JSON.parse(
  readFileSync(new URL('../../adapters/kubernetes/fixtures/replacements.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, readonly Exchange[]>>

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/** Answers in the order of the recording. Polls may be more: the same question gets the last answer again. */
function replayed(exchanges: readonly Exchange[], asked: Exchange[]): Cluster {
  const rights = exchanges.filter(({ method }) => method === 'POST')
  const order = exchanges.filter(({ method }) => method !== 'POST')
  let at = -1
  return clusterOf(async ({ method, path, json }) => {
    const isIt = (one: Exchange | undefined) => one?.method === method && one.path === path
    const right = rights.find((one) => isIt(one) && same(one.json, json))
    if (right !== undefined) return right
    if (isIt(order[at + 1])) at += 1
    const found = order[at]
    assert.ok(found !== undefined && isIt(found), `${method} ${path} is not in the recording here`)
    if (method !== 'GET') asked.push({ ...found, json })
    return found
  })
}

describe('as a real apiserver answered', () => {
  for (const [outcome, exchanges] of Object.entries(RECORDED)) {
    test(`a pod is ${outcome}, by the same requests`, async () => {
      const one = await bed()
      const asked: Exchange[] = []
      const options = optionsFor(one)
      const { engine, host } = one.cluster.world()
      const pods = exchanges.flatMap(({ body }) => podsIn(body))
      // The runtime knows each pod by the UID that the cluster gave it.
      const inspectContainer = async (name: string) => {
        const [container] = await engine.listContainers({})
        const pod = pods.find(({ metadata }) => `openstack/${metadata.name}` === name)
        if (pod === undefined || container === undefined) return container
        return { ...container, name, pod: { ...container.pod, uid: pod.metadata.uid } }
      }
      const held = new Set(['inspectContainer', 'inspectImage'])
      const node = {
        ...options.node,
        cluster: replayed(exchanges, asked),
        engine: new Proxy(engine, {
          get: (target, key) => {
            if (key === 'inspectContainer') return inspectContainer
            const member: unknown = Reflect.get(target, key)
            if (held.has(String(key))) return async () => ({ id: IMAGE })
            return typeof member === 'function' ? member.bind(target) : member
          },
        }),
        host: {
          facts: async () => ({ ...(await host.facts()), bootId: '6a8bd5b6-1c2e-4f6d-9d0a-0f6a54c6b007/7' }),
        },
      } as unknown as BuildingWorld
      const daemonSet = { namespace: 'openstack', name: 'libvirt-libvirt-default' }
      const { report } = await replacePod({ ...options, node, daemonSet })
      assert.equal(report?.run.state, outcome)
      // What changes something is word for word what the apiserver was asked then.
      const changing = exchanges.filter(({ method }) => method === 'DELETE' || method === 'PATCH')
      assert.deepEqual(
        asked.map(({ method, path, json }) => ({ method, path, json })),
        changing.map(({ method, path, json }) => ({ method, path, json })),
      )
      assert.ok(changing.length > 0)
    })
  }
})

type PodObject = Readonly<{ metadata: Readonly<{ name: string; uid: string }> }>

function podsIn(body: unknown): readonly PodObject[] {
  const { kind, items } = body as Readonly<{ kind: string; items?: readonly PodObject[] }>
  return kind === 'PodList' ? (items ?? []) : []
}

describe('a pod is left alone', () => {
  const refused: readonly Readonly<{ why: string; code: string; changes: (one: Bed) => Partial<Cluster> }>[] =
    [
      {
        why: 'whose DaemonSet Kubernetes rolls',
        code: 'DAEMON_SET_ROLLS',
        changes: ({ cluster }) => ({
          daemonSet: async (name) => {
            const set = await cluster.daemonSet(name)
            return set && { ...set, strategy: 'RollingUpdate' }
          },
        }),
      },
      {
        why: 'for a login without rights',
        code: 'CLUSTER_REFUSES',
        changes: () => ({ missingRights: async () => ['delete pods in openstack'] }),
      },
      {
        why: 'of another machine',
        code: 'CLUSTER_NODE_OTHER',
        changes: () => ({ node: async (name) => ({ name, bootId: 'another' }) }),
      },
      {
        why: 'on a node that is not ready',
        code: 'CLUSTER_NODE_NOT_READY',
        changes: ({ cluster }) => ({
          node: async (name) => {
            const node = await cluster.node(name)
            return node && { ...node, notReady: 'no network' }
          },
        }),
      },
      {
        why: 'that is one of two',
        code: 'DAEMON_SET_PODS',
        changes: ({ cluster }) => ({
          podsOf: async () => {
            const pods = await cluster.podsOf()
            return [...pods, ...pods]
          },
        }),
      },
      {
        why: 'whose template is in no ControllerRevision',
        code: 'POD_NO_WAY_BACK',
        changes: () => ({ revisionsOf: async () => [{ hash: 'second', number: 2 }] }),
      },
      {
        why: 'whose new image has no digest',
        code: 'POD_IMAGE_NOT_HELD',
        changes: ({ cluster }) => ({
          daemonSet: async (name) => {
            const set = await cluster.daemonSet(name)
            const container = {
              name: 'libvirt',
              image: 'registry.example/libvirt:1',
              pullPolicy: 'IfNotPresent',
            }
            return set && { ...set, containers: [container] }
          },
        }),
      },
      {
        why: 'that the node’s runtime knows by another UID',
        code: 'DAEMON_SET_PODS',
        changes: ({ cluster }) => ({
          podsOf: async () => (await cluster.podsOf()).map((pod) => ({ ...pod, uid: 'another' })),
        }),
      },
    ]
  for (const { why, code, changes } of refused) {
    test(why, async () => {
      const one = await bed()
      one.cluster.change({ hash: 'second', becomesReady: true })
      await assert.rejects(replacePod(optionsFor(one, changes(one))), { code })
      assert.deepEqual([one.cluster.now.pods, one.node.state.journal], [['first'], []])
    })
  }

  test('by a dry run, which makes no state directory either', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'replace-pod-'))
    const [kubeconfig, stateDirectory] = [join(directory, 'kubeconfig'), join(directory, 'state')]
    const config = {
      'current-context': 'c',
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'c', user: { token: 't' } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }],
    }
    writeFileSync(kubeconfig, JSON.stringify(config))
    const daemonSet = { namespace: 'openstack', name: 'libvirt' }
    const options = {
      environment: {},
      daemonSet,
      nodeName: 'node1',
      patienceMs: 1,
      kubeconfig,
      stateDirectory,
    }
    try {
      await assert.rejects(previewReplacePod(options), { code: 'CLUSTER_UNREACHABLE' })
      assert.equal(existsSync(stateDirectory), false)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  test('while a guest would end with it', async () => {
    const one = await bed()
    one.cluster.change({ hash: 'second', becomesReady: true })
    one.node.startGuest('two', one.container)
    await assert.rejects(previewReplacePod(optionsFor(one)), { code: 'POD_GUESTS_WOULD_END' })
    await assert.rejects(replacePod(optionsFor(one)), { code: 'POD_GUESTS_WOULD_END', exit: 3 })
    assert.ok(one.node.guests.every(({ alive }) => alive))
  })

  test('where a guest gets into it between the check and the deletion', async () => {
    const one = await bed()
    one.cluster.change({ hash: 'second', becomesReady: true })
    let looks = 0
    const podsOf: Cluster['podsOf'] = async () => {
      looks += 1
      if (looks === 2) one.node.startGuest('two', one.container)
      return one.cluster.podsOf()
    }
    const { report } = await replacePod(optionsFor(one, { podsOf }))
    assert.deepEqual(
      [report?.run.state, report?.run.reason?.code, one.cluster.now.pods],
      ['stuck', 'POD_GUESTS_WOULD_END', ['first']],
    )
    assert.ok(one.node.guests.every(({ alive }) => alive))
  })
})
