import { randomUUID } from 'node:crypto'
import type { Containerd } from '../../../lab/index.ts'
import { POD_IMAGE } from '../../../lab/index.ts'

/** The pid namespaces that Kubernetes offers (api.proto, NamespaceMode). */
export const PID_MODES = { hostPID: 2, shareProcessNamespace: 0, own: 1 } as const

export type PidMode = keyof typeof PID_MODES

export type Pod = Readonly<{
  /** `NAMESPACE/NAME`. */
  name: string
  /** Below every hierarchy's root. */
  cgroup: string
  sandbox: string
  /** Container \`libvirt\`, which starts the guests, and \`beside\`. */
  libvirt: string
  beside: string
  /** Of a kubelet's pod: takes it away, and waits for the end of that. */
  remove?: () => Promise<void>
}>

export type PodWish = Readonly<{
  pidMode: PidMode
  driver: 'cgroupfs' | 'systemd'
  /** The folder with the guests' programs. */
  programs: string
  /** Guests of the first container, and such in sessions of their own. */
  inside: readonly string[]
  sessions: readonly string[]
}>

/** As the kubelet makes one: two containers below the pod's cgroup, on the host's network. */
export async function makePod({ client, group }: Containerd, wish: PodWish): Promise<Pod> {
  const uid = randomUUID()
  const name = `libvirt-${uid.slice(0, 8)}`
  const cgroup =
    wish.driver === 'systemd'
      ? `/${group}.slice/${group}-pod${uid.replaceAll('-', '_')}.slice`
      : `/${group}/besteffort/pod${uid}`
  const namespaceOptions = { network: 2, ipc: 2, pid: PID_MODES[wish.pidMode] }
  const sandboxConfig = {
    metadata: { name, uid, namespace: 'openstack', attempt: 0 },
    logDirectory: wish.programs,
    linux: { cgroupParent: cgroup, securityContext: { namespaceOptions } },
  }
  const { podSandboxId = '' } = await client.ask('RunPodSandbox', { config: sandboxConfig })
  const start = async (container: string, command: readonly string[]): Promise<string> => {
    const { containerId = '' } = await client.ask('CreateContainer', {
      podSandboxId,
      sandboxConfig,
      config: {
        metadata: { name: container, attempt: 0 },
        image: { image: POD_IMAGE },
        command,
        mounts: [{ containerPath: wish.programs, hostPath: wish.programs }],
        logPath: `${container}.log`,
        linux: { securityContext: { namespaceOptions } },
      },
    })
    await client.ask('StartContainer', { containerId })
    return containerId
  }
  const main = [`${wish.programs}/main.sh`, ...wish.inside, '--', ...wish.sessions]
  return {
    name: `openstack/${name}`,
    cgroup,
    sandbox: podSandboxId,
    libvirt: await start('libvirt', main),
    beside: await start('beside', ['/bin/sleep', '1000000']),
  }
}
