import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { POD_IMAGE } from '../../../lab/index.ts'
import type { Containerd, Kubelet } from '../../../lab/index.ts'
import { mountedHierarchies } from './hierarchies.ts'
import type { Pod, PodWish } from './pod.ts'

const PATIENCE_MS = 60_000

/** The same two containers as `makePod` makes, by a kubelet: it was told of the pod, and does the rest. */
export async function kubeletPod(
  { client }: Containerd,
  kubelet: Kubelet,
  { pidMode, programs, inside, sessions }: Omit<PodWish, 'driver'>,
): Promise<Pod> {
  const name = `libvirt-${randomUUID().slice(0, 8)}`
  const container = { image: POD_IMAGE, imagePullPolicy: 'Never' }
  kubelet.addPod(name, {
    hostNetwork: true,
    hostIPC: true,
    hostPID: pidMode === 'hostPID',
    shareProcessNamespace: pidMode === 'shareProcessNamespace',
    terminationGracePeriodSeconds: 2,
    containers: [
      {
        ...container,
        name: 'libvirt',
        command: [`${programs}/main.sh`, ...inside, '--', ...sessions],
        volumeMounts: [{ name: 'programs', mountPath: programs }],
      },
      { ...container, name: 'beside', command: ['/bin/sleep', '1000000'] },
    ],
    volumes: [{ name: 'programs', hostPath: { path: programs } }],
  })
  const full = `${name}-${kubelet.nodeName}`
  const found = await until(kubelet, `started ${full}`, async () => {
    const pod = await client.find(full)
    const [libvirt, beside] = ['libvirt', 'beside'].map((one) => pod?.containers.get(one))
    return pod === undefined || libvirt === undefined || beside === undefined
      ? undefined
      : { ...pod, libvirt, beside }
  })
  const cgroup = `${kubelet.podsCgroup}/pod${found.uid}`
  return {
    name: `openstack/${full}`,
    cgroup,
    sandbox: found.sandbox,
    libvirt: found.libvirt,
    beside: found.beside,
    /**
     * Until no hierarchy that it manages has a group of the pod's any more: then the kubelet is done with it. A v2 beside v1 it
     * does not know; runc makes groups there, and what is in them stays.
     */
    async remove() {
      kubelet.removePod(name)
      await until(kubelet, `removed ${full}`, async () => {
        const mounted = mountedHierarchies()
        const managed = mounted.filter((one) => one.name !== '' || mounted.length === 1)
        const groups = managed.map(({ mount }) => join(mount, cgroup))
        return groups.some((group) => existsSync(group)) ? undefined : true
      })
    },
  }
}

async function until<T>(kubelet: Kubelet, act: string, look: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > end) {
      throw new Error(`the kubelet has not ${act}:\n${readFileSync(kubelet.log, 'utf8').slice(-3000)}`)
    }
    await sleep(100)
  }
}
