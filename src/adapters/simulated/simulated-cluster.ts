import type { Container, DaemonSetName, Revision } from '../../node/index.ts'
import type { Cluster, ClusterPod, DaemonSet, NodeEngine, NodeWorld } from '../../ports/index.ts'
import type { SimulatedNode } from './simulated-node.ts'

/** A template of the simulated DaemonSet, and whether a pod of it becomes ready. */
export type SimulatedTemplate = Readonly<{ hash: string; becomesReady: boolean }>

type Pod = { name: string; uid: string; template: SimulatedTemplate; isEnding: boolean }

/**
 * A cluster in memory, and its one DaemonSet with its one pod on a simulated node: controller and kubelet act when somebody looks.
 * The pod is the node's first container. Guests in it end with it.
 */
export class SimulatedCluster implements Cluster {
  readonly name: DaemonSetName = { namespace: 'openstack', name: 'libvirt' }
  readonly nodeName = 'node1'
  readonly #node: SimulatedNode
  readonly #container: string
  readonly #image: string
  readonly #templates: (SimulatedTemplate & { number: number })[] = []
  #pods: Pod[] = []
  #made = 0

  /** `container` runs `image` on the node already, and counts as the pod of the first template. */
  constructor(node: SimulatedNode, container: string, image: string) {
    this.#node = node
    this.#container = container
    this.#image = image
    this.change({ hash: 'first', becomesReady: true })
    this.#make()
  }

  /** Somebody changes the template: with OnDelete nothing else happens. */
  change(template: SimulatedTemplate): void {
    this.#templates.push({ ...template, number: (this.#templates.at(-1)?.number ?? 0) + 1 })
  }

  /** What runs, and what should: hashes. */
  get now(): Readonly<{ pods: readonly string[]; template: string }> {
    return { pods: this.#pods.map(({ template }) => template.hash), template: this.#youngest().hash }
  }

  /** The node, whose container is a pod of this cluster. */
  world(): NodeWorld & Readonly<{ cluster: Cluster }> {
    const engine = new Proxy<NodeEngine>(this.#node.engine, {
      get: (target, key) => {
        if (key === 'inspectContainer') {
          return async (name: string) => (await this.#containers()).find((one) => isCalled(one, name))
        }
        if (key === 'listContainers') return () => this.#containers()
        const member: unknown = Reflect.get(target, key)
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
    return { ...this.#node.world(), engine, cluster: this }
  }

  async node(name: string) {
    const { bootId } = await this.#node.world().host.facts()
    return name === this.nodeName ? { name, bootId: bootId.split('/')[0] ?? '' } : undefined
  }

  async daemonSet({ namespace, name }: DaemonSetName): Promise<DaemonSet | undefined> {
    if (namespace !== this.name.namespace || name !== this.name.name) return undefined
    return {
      ...this.name,
      uid: 'set',
      strategy: 'OnDelete',
      isEnding: false,
      isObserved: true,
      misscheduled: 0,
      containers: [{ name: 'libvirt', image: this.#image, pullPolicy: 'IfNotPresent' }],
    }
  }

  /** One look later an ending pod is gone, and another is there. */
  async podsOf(): Promise<readonly ClusterPod[]> {
    const seen = this.#pods.map(({ name, uid, template, isEnding }) => ({
      name,
      uid,
      revision: template.hash,
      isEnding,
      isReady: template.becomesReady && !isEnding,
      why: 'containers with unready status: [libvirt]',
    }))
    if (this.#pods.some(({ isEnding }) => isEnding)) {
      this.#pods = []
      this.#make()
    }
    return seen
  }

  async revisionsOf(): Promise<readonly Revision[]> {
    return this.#templates.map(({ hash, number }) => ({ hash, number }))
  }

  deletePod(_namespace: string, { uid }: Readonly<{ uid: string }>): Promise<'deleted' | 'changed'> {
    return this.#node.points.around('deletePod', () => {
      const pod = this.#pods.find((one) => one.uid === uid)
      if (pod === undefined) return 'changed'
      pod.isEnding = true
      for (const guest of this.#node.guests) if (guest.inside === this.#container) guest.alive = false
      return 'deleted'
    })
  }

  restoreTemplate(_: DaemonSetName, revision: string): Promise<'restored' | 'changed'> {
    return this.#node.points.around('restoreTemplate', () => {
      const wanted = this.#templates.findIndex(({ hash }) => hash === revision)
      // As the controller does: the same template keeps its revision, which becomes the youngest.
      const [template] = this.#templates.splice(wanted, 1)
      if (template !== undefined) this.change(template)
      return 'restored'
    })
  }

  async missingRights(): Promise<readonly string[]> {
    return []
  }

  #youngest(): SimulatedTemplate {
    return this.#templates.at(-1) ?? { hash: '', becomesReady: false }
  }

  #make(): void {
    this.#made += 1
    const name = `libvirt-${this.#made}`
    this.#pods.push({ name, uid: `pod-${this.#made}`, template: this.#youngest(), isEnding: false })
  }

  async #containers(): Promise<readonly Container[]> {
    const all = await this.#node.engine.listContainers({})
    const [pod] = this.#pods
    if (pod === undefined) return []
    const { namespace } = this.name
    return all.flatMap((one) => {
      const facts = { id: one.id, namespace, name: pod.name, uid: pod.uid }
      const name = `${namespace}/${pod.name}`
      return [
        { ...one, name, pod: { ...facts, part: 'sandbox' } },
        { ...one, id: `${one.id}-libvirt`, name: `${name}/libvirt`, pod: { ...facts, part: 'container' } },
      ]
    })
  }
}

function isCalled({ id, name }: Container, text: string): boolean {
  return id === text || name === text
}
