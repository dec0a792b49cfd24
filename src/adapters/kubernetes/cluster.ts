import type { DaemonSetName } from '../../node/index.ts'
import type { Cluster } from '../../ports/index.ts'
import type { ApiCall, ApiCalls } from './api-calls.ts'
import { daemonSetFrom, inside, isOwnedBy, itemsOf, nodeFrom, podFrom, revisionFrom } from './answers.ts'
import type { ApiObject } from './answers.ts'

export type ClusterOptions = Readonly<{ kubeconfig: string; context?: string }>

type Owner = DaemonSetName & Readonly<{ uid: string }>

/** A cluster through its apiserver, by the stable APIs v1 and apps/v1. See docs/adr/0099. */
export async function kubernetesCluster({ kubeconfig, context }: ClusterOptions): Promise<Cluster> {
  // Loaded when a cluster is asked for: no other command of a node waits for a client of HTTP.
  const [{ apiCalls }, { readKubeconfig }] = await Promise.all([
    import('./api-calls.ts'),
    import('./kubeconfig.ts'),
  ])
  return clusterOf(apiCalls(await readKubeconfig(kubeconfig, context)))
}

export function clusterOf(call: ApiCalls): Cluster {
  const apps = ({ namespace }: Pick<DaemonSetName, 'namespace'>) =>
    `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}`
  const setPath = (name: DaemonSetName) => `${apps(name)}/daemonsets/${encodeURIComponent(name.name)}`
  const podsPath = (namespace: string) => `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`

  /** undefined where it does not exist. */
  const read = async (action: string, path: string): Promise<unknown> => {
    const { status, body } = await call({ action, method: 'GET', path, accept: [404] })
    return status === 404 ? undefined : body
  }
  const revisions = async (owner: Owner): Promise<readonly ApiObject[]> => {
    const action = `list the revisions of "${owner.namespace}/${owner.name}"`
    const { body } = await call({ action, method: 'GET', path: `${apps(owner)}/controllerrevisions` })
    return itemsOf(body).filter((one) => isOwnedBy(one, owner.uid))
  }

  return {
    async node(name) {
      const found = await read(`read node "${name}"`, `/api/v1/nodes/${encodeURIComponent(name)}`)
      return found === undefined ? undefined : nodeFrom(found)
    },
    async daemonSet(name) {
      const found = await read(`read DaemonSet "${name.namespace}/${name.name}"`, setPath(name))
      return found === undefined ? undefined : daemonSetFrom(found)
    },
    async podsOf(owner, node) {
      const action = `list the pods of "${owner.namespace}" on node "${node}"`
      const selector = new URLSearchParams({ fieldSelector: `spec.nodeName=${node}` }).toString()
      const { body } = await call({ action, method: 'GET', path: `${podsPath(owner.namespace)}?${selector}` })
      return itemsOf(body)
        .filter((one) => isOwnedBy(one, owner.uid))
        .map(podFrom)
    },
    async revisionsOf(owner) {
      const found = (await revisions(owner)).map(revisionFrom)
      return found.toSorted((a, b) => a.number - b.number)
    },
    async deletePod(namespace, { name, uid }) {
      const path = `${podsPath(namespace)}/${encodeURIComponent(name)}`
      const action = `delete pod "${namespace}/${name}"`
      const metadata = inside(await read(action, path), 'metadata')
      if (metadata['uid'] !== uid) return 'changed'
      const preconditions = { uid, resourceVersion: metadata['resourceVersion'] }
      const json = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions }
      const { status } = await call({ action, method: 'DELETE', path, json, accept: [404, 409] })
      return status < 300 ? 'deleted' : 'changed'
    },
    async restoreTemplate(owner, revision) {
      const action = `put back the earlier template of "${owner.namespace}/${owner.name}"`
      const wanted = (await revisions(owner)).find((one) => revisionFrom(one).hash === revision)
      const metadata = inside(await read(action, setPath(owner)), 'metadata')
      if (wanted === undefined || metadata['uid'] !== owner.uid) return 'changed'
      // A ControllerRevision holds the very patch: it replaces the whole template (`$patch: replace`).
      const json = {
        ...inside(wanted, 'data'),
        metadata: { resourceVersion: metadata['resourceVersion'] },
      }
      const contentType = 'application/strategic-merge-patch+json'
      const patch = {
        action,
        method: 'PATCH',
        path: setPath(owner),
        json,
        contentType,
        accept: [409],
      } as const
      return (await call(patch)).status === 409 ? 'changed' : 'restored'
    },
    async missingRights(name, node) {
      const denied = await Promise.all(
        rightsFor(name, node).map(async (right) => ((await isAllowed(call, right)) ? [] : [shown(right)])),
      )
      return denied.flat()
    },
  }
}

type Right = Readonly<{ verb: string; group: string; resource: string; namespace?: string; name?: string }>

/** The same as in examples/kubernetes/anneal-rbac.yaml. */
function rightsFor({ namespace, name }: DaemonSetName, node: string): readonly Right[] {
  const apps = { group: 'apps', namespace }
  const pods = { group: '', resource: 'pods', namespace }
  return [
    { verb: 'get', group: '', resource: 'nodes', name: node },
    { verb: 'get', ...apps, resource: 'daemonsets', name },
    { verb: 'patch', ...apps, resource: 'daemonsets', name },
    { verb: 'list', ...apps, resource: 'controllerrevisions' },
    ...['get', 'list', 'delete'].map((verb): Right => ({ verb, ...pods })),
  ]
}

async function isAllowed(call: ApiCalls, right: Right): Promise<boolean> {
  const question: ApiCall = {
    action: 'ask which rights this login has',
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    json: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: right },
    },
  }
  return inside((await call(question)).body, 'status')['allowed'] === true
}

function shown({ verb, group, resource, namespace, name }: Right): string {
  const kind = group === '' ? resource : `${resource}.${group}`
  const which = name === undefined ? kind : `${kind}/${name}`
  return `${verb} ${which}${namespace === undefined ? '' : ` in ${namespace}`}`
}
