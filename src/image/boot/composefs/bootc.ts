import type { Finding } from '../../../core/index.ts'
import type { Volume } from '../../stack/index.ts'
import type { BootEntry } from '../entry.ts'
import { finding } from '../findings.ts'
import type { ImageFiles } from '../image-files.ts'
import { iniValue } from '../ini.ts'
import type { Deployment, FoundDeployment } from '../ostree.ts'
import { readOsRelease } from '../ostree.ts'
import type { ComposefsImages } from './images.ts'

/** Of SHA-256 or SHA-512. */
const DIGEST = /^(?:[0-9a-f]{64}){1,2}$/
const STATE = '/state/deploy'
const IMAGES = '/composefs/images'
const OBJECTS = '/composefs/objects'
/** bootc has one, and calls it so: `/state/os/default/var`. */
const STATEROOT = 'default'

/**
 * Every deployment of bootc's composefs back end, by its digest: `/state/deploy/<digest>` has its /etc, a link to its /var and
 * its origin; `/composefs/images/<digest>` is its image. Without `images` their trees are not opened.
 */
export async function findBootcDeployments(
  files: ImageFiles,
  volume: Volume,
  images: ComposefsImages | undefined,
): Promise<readonly FoundDeployment[]> {
  const found: FoundDeployment[] = []
  for (const digest of await files.names(volume, STATE)) {
    if (!DIGEST.test(digest)) continue
    found.push(await readDeployment(files, volume, digest, images))
  }
  return found
}

async function readDeployment(
  files: ImageFiles,
  volume: Volume,
  digest: string,
  images: ComposefsImages | undefined,
): Promise<FoundDeployment> {
  const path = `${STATE}/${digest}`
  const image = `${IMAGES}/${digest}`
  const hash = digest.length === 64 ? 'sha256' : 'sha512'
  const opened = await images?.open(volume, image, OBJECTS, hash)
  const tree =
    opened?.tree &&
    (await images?.mounted(volume, image, opened.tree, [
      { name: 'etc', path: `${path}/etc` },
      { name: 'var', path: `${path}/var` },
    ]))
  const osRelease = tree && (await readOsRelease(files, tree, '/'))
  const origin = await files.text(volume, `${path}/${digest}.origin`)
  const deployment: Deployment = {
    stateroot: STATEROOT,
    commit: digest,
    serial: 0,
    address: volume.address,
    path,
    origin: iniValue(origin?.text ?? '', 'origin', 'container-image-reference') ?? '',
    composefs: {
      by: 'bootc',
      enabled: 'verity',
      image,
      objects: OBJECTS,
      hash,
      digest: opened?.digest ?? null,
      expected: { digest, by: 'its name' },
    },
    ...(osRelease && { osRelease }),
  }
  return { deployment, ...(tree && { tree }) }
}

/** The deployment that `composefs=` of an entry names, and what keeps it from booting. */
export function bootcDeploymentOf(
  entry: BootEntry,
  deployments: readonly Deployment[],
): Readonly<{ deployment?: Deployment; findings: readonly Finding[] }> {
  // bootc takes the first.
  const argument = entry.arguments.find(({ key }) => key === 'composefs')
  if (argument?.value === undefined) return { findings: [] }
  const isOptional = argument.value.startsWith('?')
  const wanted = isOptional ? argument.value.slice(1) : argument.value
  const broken = (why: string): Finding => finding('COMPOSEFS_DEPLOYMENT_MISSING', entry.file, why)
  if (!DIGEST.test(wanted)) return { findings: [broken(`${argument.text} is no digest`)] }
  const deployment = deployments.find(({ commit }) => commit === wanted)
  const facts = deployment?.composefs
  if (deployment === undefined || facts === undefined)
    return { findings: [broken(`there is no ${STATE}/${wanted}`)] }
  return {
    deployment: isOptional ? { ...deployment, composefs: { ...facts, enabled: 'yes' } } : deployment,
    findings:
      facts.digest === null || facts.digest === wanted
        ? []
        : [
            finding(
              'COMPOSEFS_DIGEST_DIFFERS',
              `${deployment.address}:${facts.image}`,
              `its fs-verity digest is ${facts.digest}, and ${entry.file} says ${argument.text}`,
              isOptional ? { severity: 'warn' } : {},
            ),
          ],
  }
}
