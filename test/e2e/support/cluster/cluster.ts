import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseAllDocuments } from 'yaml'
import {
  POD_IMAGE,
  REPOSITORY,
  startContainerd,
  startControlPlane,
  startKubelet,
} from '../../../../lab/index.ts'
import type { Containerd, ControlPlane, Kubelet } from '../../../../lab/index.ts'
import { guestPrograms } from '../../../matrix/pods/guests.ts'

/** A cluster of one node in the namespaces of a kubelet, with a DaemonSet like that of openstack-helm's libvirt. */
export type Cluster = Readonly<{
  directory: string
  containerd: Containerd
  plane: ControlPlane
  kubelet: Kubelet
  programs: string
  /** Pinned by digest, and on the node. */
  image: string
  /** Of a service account with examples/kubernetes/anneal-rbac.yaml, and of one with nothing. */
  kubeconfigs: Readonly<{ anneal: string; nobody: string }>
  close: () => Promise<void>
}>

export const NAMESPACE = 'openstack'
export const DAEMON_SET = 'libvirt-libvirt-default'
const SETS = `/apis/apps/v1/namespaces/${NAMESPACE}/daemonsets`
export const SET_PATH = `${SETS}/${DAEMON_SET}`

/** Starts the guest of its argument the first time, and no time after that: a libvirt finds the guests that run. */
const LIBVIRT = `#!/bin/sh
if mkdir "\${0%/*}/started-$1"; then
  setsid "\${0%/*}/qemu-system-x86_64" -name "guest=$1" -uuid "$1" </dev/null >/dev/null 2>&1 &
fi
trap 'exit 0' TERM
while :; do sleep 1 & wait $!; done
`

/** `first` is the DaemonSet as it is made; by default one of processes that Anneal takes for libvirt and a guest. */
export async function startCluster(
  programsOfKubernetes: string,
  first: (containerd: Containerd, programs: string, image: string) => object | Promise<object> = (
    _,
    ...rest
  ) => daemonSet(...rest, 'one'),
): Promise<Cluster> {
  const directory = mkdtempSync('/run/kube-')
  const containerd = await startContainerd({
    directory: join(directory, 'c'),
    runtime: 'runc',
    driver: 'cgroupfs',
  })
  const programs = await guestPrograms(directory)
  writeFileSync(join(programs, 'libvirt.sh'), LIBVIRT)
  chmodSync(join(programs, 'libvirt.sh'), 0o755)
  const plane = await startControlPlane({
    programs: programsOfKubernetes,
    directory: join(directory, 'plane'),
  })
  const kubelet = await startKubelet({
    program: join(programsOfKubernetes, 'kubelet'),
    directory: join(directory, 'kubelet'),
    containerd,
    kubeconfig: plane.kubeconfig('kubelet'),
  })
  const digest = /sha256:[0-9a-f]{64}/.exec(await containerd.ctr(['images', 'ls', `name==${POD_IMAGE}`]))?.[0]
  const image = `${POD_IMAGE.replace(/:.*/, '')}@${digest}`
  await containerd.ctr(['images', 'tag', POD_IMAGE, image])
  const made = async (path: string, object: object): Promise<void> => {
    const { status, body } = await plane.ask('POST', path, object)
    if (status >= 300) throw new Error(`POST ${path}: ${JSON.stringify(body)}`)
  }
  await made('/api/v1/namespaces', { metadata: { name: NAMESPACE } })
  const roles = readFileSync(join(REPOSITORY, 'examples/kubernetes/anneal-rbac.yaml'), 'utf8')
  for (const document of parseAllDocuments(roles)) {
    const object = document.toJS() as { kind: string; apiVersion: string }
    await made(pathOf(object), object)
  }
  await made(`/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, { metadata: { name: 'nobody' } })
  await made(SETS, await first(containerd, programs, image))
  const [anneal, nobody] = [await tokenOf(plane, 'anneal'), await tokenOf(plane, 'nobody')]
  return {
    directory,
    containerd,
    plane,
    kubelet,
    programs,
    image,
    kubeconfigs: { anneal: plane.kubeconfig('anneal', anneal), nobody: plane.kubeconfig('nobody', nobody) },
    async close() {
      await kubelet.close()
      await plane.close()
      await containerd.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function pathOf({ kind, apiVersion }: Readonly<{ kind: string; apiVersion: string }>): string {
  const group = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`
  const inside = kind.startsWith('Cluster') ? '' : `/namespaces/${NAMESPACE}`
  return `${group}${inside}/${kind.toLowerCase()}s`
}

/** The controller makes the token some time after the account. */
async function tokenOf({ ask }: ControlPlane, account: string): Promise<string> {
  for (let look = 0; look < 300; look += 1) {
    const { body } = await ask('GET', `/api/v1/namespaces/${NAMESPACE}/secrets`)
    type Secret = { metadata: { annotations?: Record<string, string> }; data?: { token?: string } }
    const secret = (body['items'] as readonly Secret[]).find(
      ({ metadata }) => metadata.annotations?.['kubernetes.io/service-account.name'] === account,
    )
    if (secret?.data?.token !== undefined) return Buffer.from(secret.data.token, 'base64').toString()
    await sleep(200)
  }
  throw new Error(`the cluster makes no token for ${account}`)
}

export const GUEST = '6a8bd5b6-1c2e-4f6d-9d0a-0f6a54c6c0e2'

/** `version` is all in which two templates differ. */
export function daemonSet(programs: string, image: string, version: string): object {
  const labels = { application: 'libvirt' }
  const container = {
    name: 'libvirt',
    image,
    imagePullPolicy: 'IfNotPresent',
    command: [`${programs}/libvirt.sh`, GUEST],
    env: [{ name: 'VERSION', value: version }],
    securityContext: { privileged: false },
    volumeMounts: [{ name: 'programs', mountPath: programs }],
  }
  return {
    metadata: { name: DAEMON_SET },
    spec: {
      selector: { matchLabels: labels },
      updateStrategy: { type: 'OnDelete' },
      template: {
        metadata: { labels },
        spec: {
          hostNetwork: true,
          hostPID: true,
          hostIPC: true,
          terminationGracePeriodSeconds: 2,
          containers: [container],
          volumes: [{ name: 'programs', hostPath: { path: programs } }],
        },
      },
    },
  }
}
