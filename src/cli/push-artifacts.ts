import { pushArtifacts } from '../app/image/push/index.ts'
import type { ArtifactOptions, ArtifactsPushed, ArtifactStep } from '../app/image/push/index.ts'
import type { ArtifactsDocument } from '../contract/index.ts'
import { EXIT, formatBytes, formatDuration } from '../core/index.ts'
import type { ExitCode } from '../core/index.ts'
import { raise } from './errors.ts'
import type { Output } from './output.ts'
import { stepTeller } from './push-progress.ts'

const NAME = 'anneal image push'

/** What of the flags is not for a registry, and how they say which machine it is for. */
export type RegistryFlags = Readonly<{
  visibility: string
  protected: boolean
  cloud?: string | undefined
  'disk-format'?: 'raw' | 'qcow2' | 'ami' | undefined
  platform?: string | undefined
}>

/** `anneal image push IMAGE oci://…`. */
export async function pushToRegistry(
  [image, destination]: readonly [string, string],
  flags: RegistryFlags,
  options: Omit<ArtifactOptions, 'diskFormat' | 'platform' | 'environment'>,
  output: Output,
): Promise<ExitCode> {
  const startedAt = performance.now()
  const pushed = await pushArtifacts(
    destination,
    image,
    { ...options, ...registryWishes(destination, flags), environment: process.env },
    { onWarning: (text) => output.say(`warning: ${text}`), onStep: stepTeller(output, line) },
  )
  const tookMs = performance.now() - startedAt
  const { artifacts, digest, tagWas } = pushed
  const value: ArtifactsDocument = {
    schema: 'anneal.artifacts/1',
    dryRun: options.mode === 'plan',
    image: destination,
    digest,
    ...(tagWas !== undefined && { tagWas }),
    artifacts,
    sentBytes: artifacts.reduce((sum, one) => sum + one.sentBytes, 0),
    tookMs,
  }
  output.data(value, () => summary(value, pushed))
  return EXIT.ok
}

/** Throws USAGE for what a registry does not have. */
function registryWishes(
  destination: string,
  flags: RegistryFlags,
): Pick<ArtifactOptions, 'diskFormat' | 'platform'> {
  const fail = (why: string): Error => raise('USAGE', { command: NAME, why, help: `${NAME} --help` })
  if (!destination.startsWith('oci://')) {
    throw fail(`"${destination}" is no registry: write oci://REGISTRY/NAME:TAG, or leave it out for Glance`)
  }
  if (flags.visibility !== 'private') throw fail('--visibility is of Glance: a registry has its own rules')
  if (flags.protected) throw fail('--protected is of Glance: a registry has its own rules')
  if (flags.cloud !== undefined) throw fail('--cloud is of Glance: a registry is named by its address')
  const format = flags['disk-format']
  if (format === 'ami') throw fail('--disk-format ami is of Glance: in a registry it is qcow2 or raw')
  const [os = '', architecture = '', more] = flags.platform?.split('/') ?? []
  if (flags.platform !== undefined && (os === '' || architecture === '' || more !== undefined))
    throw fail(`--platform "${flags.platform}" is not OS/ARCH, as linux/amd64`)
  return {
    ...(format !== undefined && { diskFormat: format }),
    ...(flags.platform !== undefined && { platform: { os, architecture } }),
  }
}

function line(step: Extract<ArtifactStep, { event: 'artifact' }>): string {
  const { role, reference, title, sizeBytes, blobBytes, outcome, tookMs } = step
  const told = `${role.padEnd(7)}  ${reference}  ${title}  ${formatBytes(sizeBytes)} in ${formatBytes(blobBytes)}  ${outcome}`
  return outcome === 'uploaded' ? `${told} in ${formatDuration(tookMs)}` : told
}

function summary(
  { image, digest, dryRun, sentBytes, tookMs }: ArtifactsDocument,
  pushed: ArtifactsPushed,
): string {
  const moved =
    pushed.tagWas === undefined ? 'new' : pushed.tagWas === digest ? 'unchanged' : `was ${pushed.tagWas}`
  const did = dryRun
    ? 'nothing was changed'
    : sentBytes > 0
      ? `${formatBytes(sentBytes)} sent in ${formatDuration(tookMs)}`
      : 'nothing was uploaded: the registry has all of it'
  return [`${image}  ${digest}  tag ${moved}`, did].join('\n')
}
