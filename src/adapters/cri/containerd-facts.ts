import type { EngineFacts } from '../../node/index.ts'
import { enabledAtBoot } from '../containers/index.ts'
import type { Info, Version } from './answers.ts'
import type { CriCalls } from './cri-client.ts'
import { parsed } from './details.ts'
import { raiseCri } from './errors.ts'

/** What `Status` shows of containerd's configuration. Its members are those of 1.6 to 2.1. */
type Configuration = Readonly<{
  containerdRootDir?: string
  containerd?: Readonly<{
    defaultRuntimeName?: string
    runtimes?: Readonly<Record<string, Readonly<{ options?: Readonly<Record<string, unknown>> | null }>>>
  }>
}>

/** The version of the containerd that answers. Throws CRI_OTHER_RUNTIME. */
export async function containerdVersion({ ask }: CriCalls, address: string): Promise<string> {
  const { runtimeName = '', runtimeVersion = '' } =
    (await ask<Version>('RuntimeService/Version', {})) ?? ({} as Partial<Version>)
  if (runtimeName !== 'containerd')
    throw raiseCri('CRI_OTHER_RUNTIME', { address, runtime: `${runtimeName} ${runtimeVersion}` })
  // `v1.7.24` upstream, `1.6.20~ds1` from Debian.
  return runtimeVersion.replace(/^v/, '')
}

export async function containerdFacts(calls: CriCalls, address: string): Promise<EngineFacts> {
  const version = await containerdVersion(calls, address)
  const status = await calls.ask<Info>('RuntimeService/Status', { verbose: true })
  const { containerd, containerdRootDir } = parsed<Configuration>(address, status?.info?.['config'])
  const options = containerd?.runtimes?.[containerd.defaultRuntimeName ?? 'runc']?.options
  return {
    kind: 'containerd',
    version,
    // Of the default runtime; each container says which it was made with.
    cgroupDriver: options?.['SystemdCgroup'] === true ? 'systemd' : 'cgroupfs',
    // Shims outlive containerd.
    stopsContainersWithDaemon: false,
    hasShim: true,
    // On its start it runs `delete` for what a shim left that died meanwhile (runtime/v2/shim_load.go).
    deletesLeftoversAtStart: true,
    changesRestartPolicy: false,
    passesZeroTaskLimit: false,
    killsByCgroup: true,
    keptByKubelet: true,
    storageDir: containerdRootDir ?? '/var/lib/containerd',
    startsAtBoot: await enabledAtBoot('kubelet.service'),
  }
}
