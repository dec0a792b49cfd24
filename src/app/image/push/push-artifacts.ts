import { conversionTools, openScratch } from '../../../adapters/convert/index.ts'
import { openArtifacts, parseArtifactAddress } from '../../../adapters/container-image/index.ts'
import { systemClock } from '../../../adapters/system/index.ts'
import type { Environment } from '../../environment.ts'
import { pushArtifacts as push } from '../../../runtime/image/push-artifacts/index.ts'
import type { ArtifactsPushed, ArtifactStep } from '../../../runtime/image/push-artifacts/index.ts'
import { planConversion } from '../convert/index.ts'
import { plainName } from './plain-name.ts'
import type { PushOptions } from './push-image.ts'

export type ArtifactOptions = Omit<PushOptions, 'diskFormat' | 'visibility' | 'protection'> &
  Readonly<{
    /** Default: `qcow2`. */
    diskFormat?: 'raw' | 'qcow2'
    /** Logins of registries, and proxies. */
    environment: Environment
    /** What the machine must be. */
    platform?: Readonly<{ os: string; architecture: string }>
  }>

export type ArtifactControl = Readonly<{
  /** What is to be known of the conversion. Nothing has been sent yet. */
  onWarning?: (text: string) => void
  onStep?: (step: ArtifactStep) => void
}>

/**
 * Converts an image straight into an OCI registry: kernel, ramdisk and base as artifacts, under one tag. What the registry has
 * already is not sent again. Throws ARTIFACT_…, CONTAINER_REGISTRY_…, and what the conversion throws.
 */
export async function pushArtifacts(
  destination: string,
  location: string,
  options: ArtifactOptions,
  control: ArtifactControl = {},
): Promise<ArtifactsPushed> {
  const {
    diskFormat = 'qcow2',
    compression = 'zstd',
    mode = 'apply',
    signal,
    platform,
    environment,
  } = options
  const address = parseArtifactAddress(destination, 'tag')
  await using stack = new AsyncDisposableStack()
  const insecure = options.open?.insecureRegistry ?? false
  const access = { insecure, env: environment, signal, actions: 'pull,push' } as const
  const repository = await openArtifacts(address, stack, access)
  const planned = stack.use(await planConversion(location, { ...options, digests: 'none' }))
  const { conversion, job } = planned
  for (const text of conversion.about.warnings) control.onWarning?.(text)
  return await push(
    {
      ...conversionTools(),
      repository,
      clock: systemClock,
      scratch: () => openScratch(options.open?.temporaryDirectory),
    },
    conversion,
    job,
    {
      name: options.name ?? plainName(conversion.about.source.name),
      tag: address.reference.tag ?? 'latest',
      diskFormat,
      compression,
      ...(platform && { platform }),
      properties: options.properties ?? {},
      mode,
    },
    control.onStep ?? (() => undefined),
    signal,
  )
}
