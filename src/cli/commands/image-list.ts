import { listSets, openStore } from '../../app/image/sets/index.ts'
import type { ImageSet, ImageSets } from '../../app/image/sets/index.ts'
import type { PushedDocument } from '../../contract/index.ts'
import { EXIT, formatBytes } from '../../core/index.ts'
import type { StoredImage } from '../../ports/index.ts'
import { CLOUD_FLAGS, cloudOptions } from '../cloud-flags.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'

export const imageList = command({
  path: ['image', 'list'],
  summary: 'List the images that this project has pushed to Glance',
  operands: '',
  count: { min: 0, max: 0 },
  flags: { ...CLOUD_FLAGS, ...COMMON_FLAGS },
  details:
    'Lists each base image with its kernel and ramdisk, newest first. Images that `anneal image prune` may remove come last.',
  async run({ flags, output }) {
    const found = await listSets(openStore(cloudOptions(flags)))
    const value: PushedDocument = { schema: 'anneal.pushed/1', ...found }
    output.data(value, () => describe(found))
    return EXIT.ok
  },
})

function describe({ sets, unfinished, unused }: ImageSets): string {
  const lines = [
    ...sets.flatMap(setLines),
    ...unfinished.map((image) => `${row(image)}  not finished (${image.status})`),
    ...unused.map((image) => `${row(image)}  no base names it`),
  ]
  return lines.length === 0 ? 'nothing was pushed by this project' : lines.join('\n')
}

function setLines({ base, kernel, ramdisk, missing }: ImageSet): readonly string[] {
  const { anneal_ostree_commit: commit, os_distro: os = '', os_version: version = '' } = base.properties
  const system = [os, version, commit === undefined ? '' : `ostree ${commit.slice(0, 12)}`].filter(
    (one) => one !== '',
  )
  return [
    `${row(base)}  ${base.createdAt}${system.length === 0 ? '' : `  ${system.join(' ')}`}`,
    ...[kernel, ramdisk].flatMap((image) => (image === undefined ? [] : [`  ${row(image)}`])),
    ...missing.map((role) => `  its ${role} is gone: push it again`),
  ]
}

function row({ id, name, containerFormat, sizeBytes, visibility, ...image }: StoredImage): string {
  const size = sizeBytes === undefined ? '-' : formatBytes(sizeBytes)
  return `${id}  ${containerFormat ?? '-'}  ${size}  ${visibility}${image.protected ? ', protected' : ''}  ${name}`
}
