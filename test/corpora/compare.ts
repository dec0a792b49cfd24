import { join } from 'node:path'
import type { ImageDocument, StackPart } from '../../src/contract/index.ts'
import { blkid, fileSays, isSound, ran, rawDiskOf, sfdisk, treeBy } from './oracles.ts'
import type { Probed } from './oracles.ts'
import type { TreeOf } from './trees.ts'

/**
 * `same`: what can be compared is equal. `refused`: with a code. `wrong`: another answer than the independent tool's. `uncoded`: a
 * crash, a hang, a failure without a code, or an answer of exit code 0 for what other tools know and Anneal calls a raw disk.
 * `damaged`: the file system's own checker finds errors, and the trees differ.
 */
export type Verdict = Readonly<{
  file: string
  verdict: 'same' | 'refused' | 'wrong' | 'uncoded' | 'damaged'
  notes: readonly string[]
}>

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts')
const TREES = join(import.meta.dirname, 'trees.ts')

export function compareFile(file: string, work: string): Verdict {
  const { status, stdout, stderr, isLate } = ran(process.execPath, [MAIN, 'image', 'inspect', '--json', file])
  const say = (verdict: Verdict['verdict'], ...notes: string[]): Verdict => ({ file, verdict, notes })
  if (isLate) return say('uncoded', 'no answer within a minute')
  const document = parseJson(stdout)
  if (document?.schema !== 'anneal.image/1') {
    const { code = '' } = parseJson(stderr) ?? {}
    if (!/^[A-Z][A-Z0-9]*_[A-Z0-9_]+$/.test(code))
      return say('uncoded', `exit code ${status}: ${stderr.slice(0, 200)}`)
    return say('refused', code)
  }
  const raw = rawDiskOf(file, work)
  if (raw === undefined) return say('same', 'no other tool unpacks it')
  const { wrong, uncoded, damaged, refused, notes } = compareDisk(document as ImageDocument, file, raw, work)
  if (wrong.length > 0) return say('wrong', ...wrong)
  if (uncoded.length > 0) return say('uncoded', ...uncoded)
  if (refused.length > 0)
    return say('refused', /[A-Z0-9]+_[A-Z0-9_]+/.exec(refused[0] ?? '')?.[0] ?? '', ...refused)
  return damaged.length > 0 ? say('damaged', ...damaged) : say('same', ...notes)
}

function parseJson(text: string): Readonly<{ schema?: string; code?: string }> | undefined {
  try {
    return JSON.parse(text.trim().split('\n').length === 1 ? text : text.slice(text.indexOf('{')))
  } catch {
    return undefined
  }
}

type Tally = Record<'wrong' | 'uncoded' | 'damaged' | 'refused' | 'notes', string[]>

function compareDisk({ stack, image }: ImageDocument, file: string, raw: string, work: string): Tally {
  const tally: Tally = { wrong: [], uncoded: [], damaged: [], refused: [], notes: [] }
  const probed = blkid(raw)
  compareContent(tally, stack, probed, 0, { file, raw, work })
  if (stack.content.kind === 'unknown' && probed.type === '' && probed.scheme === '') {
    const said = fileSays(raw)
    if (!/^(?:data|DOS\/MBR boot sector.*|OpenPGP .*|.*[Bb]oot sector.*)$/.test(said) && image.type !== 'iso')
      tally.uncoded.push(`nothing is known of it, and file(1) says ${said}`)
  }
  if (stack.content.kind === 'partition table') comparePartitions(tally, stack, { file, raw, work })
  return tally
}

/** What was not opened is not told apart further: ext2, ext3 and ext4; squashfs of either generation. */
function familyOf(type: string): string {
  return type.replace(/^ext[234]$/, 'ext').replace(/^squashfs3$/, 'squashfs')
}

type Place = Readonly<{ file: string; raw: string; work: string }>

function compareContent(
  tally: Tally,
  { content, address, warnings }: StackPart,
  { type, uuid, label, scheme, isAmbivalent }: Probed,
  offsetBytes: number,
  place: Place,
): void {
  const at = address === '' ? 'the disk' : address
  const isUdf = type === 'udf' && warnings.some(({ code }) => code === 'ISO9660_ALSO_UDF')
  if (isUdf) {
    tally.notes.push(`${at}: a UDF as well, which is told`)
    return
  }
  if (isAmbivalent) {
    tally.notes.push(`${at}: blkid finds several signatures`)
    return
  }
  const own = content.kind
  if (own === 'file system' || own === 'swap' || own === 'unreadable') {
    if (own === 'swap' && type === 'swsuspend') return
    const { type: ownType, uuid: ownUuid, label: ownLabel } = { type: 'swap', ...content }
    if (type === '') {
      tally.notes.push(`${at}: blkid knows nothing of it, Anneal says ${ownType}`)
    } else {
      if (familyOf(type) !== familyOf(ownType)) tally.wrong.push(`${at}: type ${ownType}, blkid ${type}`)
      const isSaid = own !== 'unreadable' || ownUuid !== '' || ownLabel !== ''
      if (isSaid && uuid !== ownUuid) tally.wrong.push(`${at}: UUID ${ownUuid}, blkid ${uuid}`)
      // blkid prints what is no UTF-8 in a notation of its own.
      const isText = !ownLabel.includes('\uFFFD') && !/M-/.test(label)
      if (isSaid && isText && label !== ownLabel) tally.wrong.push(`${at}: label ${ownLabel}, blkid ${label}`)
    }
  } else if (own === 'partition table') {
    const ownScheme = content.scheme === 'mbr' ? 'dos' : content.scheme
    if (scheme !== ownScheme) tally.wrong.push(`${at}: table ${ownScheme}, blkid ${scheme || type || 'none'}`)
  } else if (own === 'unknown' && (type !== '' || scheme !== '')) {
    tally.uncoded.push(`${at}: Anneal knows nothing of it, blkid says ${type || scheme}`)
  }
  if (own === 'file system') compareTrees(tally, at, address, content.type, offsetBytes, place)
}

function comparePartitions(tally: Tally, stack: StackPart, place: Place): void {
  const theirs = sfdisk(place.raw)
  const parts = stack.children.filter(({ role }) => role === 'partition')
  if (theirs === undefined) {
    tally.notes.push('sfdisk reads no table')
    return
  }
  const sectorBytes = 512
  const show = (all: readonly string[]): string => all.join(' ')
  const isExtended = (type: string): boolean => /^(?:0x)?(?:5|f|85|05|0f)$/i.test(type)
  const own = parts.map(
    ({ partition, sizeBytes }) => `${partition?.number}:${partition?.offsetBytes}+${sizeBytes}`,
  )
  const expected = theirs
    .filter(({ type }) => !isExtended(type))
    .map(
      ({ node, start, size }) => `${/(\d+)$/.exec(node)?.[1]}:${start * sectorBytes}+${size * sectorBytes}`,
    )
  const ownData = parts.filter(({ partition }) => !isExtended(partition?.type ?? ''))
  if (show(own.filter((_, index) => ownData.includes(parts[index] as StackPart))) !== show(expected))
    tally.wrong.push(`partitions ${show(own)}, sfdisk ${show(expected)}`)
  for (const part of ownData) {
    const offsetBytes = part.partition?.offsetBytes ?? 0
    compareContent(tally, part, blkid(place.raw, offsetBytes, part.sizeBytes), offsetBytes, place)
  }
}

function compareTrees(
  tally: Tally,
  at: string,
  address: string,
  type: string,
  offsetBytes: number,
  { file, raw, work }: Place,
): void {
  const theirs = treeBy(raw, type, offsetBytes, work)
  const { status, stdout, stderr, isLate } = ran(process.execPath, [TREES, 'image', file, address])
  if (isLate || (status !== 0 && !/^[A-Z][A-Z0-9]*_[A-Z0-9_]+: /m.test(stderr))) {
    tally.uncoded.push(`${at}: reading it ends with ${status}: ${stderr.slice(0, 200)}`)
    return
  }
  const own = status === 0 ? (JSON.parse(stdout) as TreeOf) : undefined
  if (theirs === undefined) {
    tally.notes.push(`${at}: no other tool reads it here`)
    return
  }
  const sound = isSound(raw, type, offsetBytes)
  if (own === undefined) {
    tally.refused.push(`${at}: ${stderr.trim()}`)
    return
  }
  const differences = differencesOf(own, theirs, type)
  if (differences.length === 0) {
    tally.notes.push(`${at}: ${Object.keys(theirs).length} paths are equal`)
    return
  }
  const told = `${at}: ${differences.slice(0, 3).join('; ')}${differences.length > 3 ? ` and ${differences.length - 3} more` : ''}`
  if (sound === false) tally.damaged.push(told)
  else tally.wrong.push(told)
}

function differencesOf(own: TreeOf, theirs: TreeOf, type: string): string[] {
  // bsdtar writes names of plain discs in capitals; Linux and Anneal in small letters, and without a dot at the end.
  const [ours, others] = type === 'iso9660' ? [folded(own), folded(theirs)] : [own, theirs]
  const paths = new Set([...Object.keys(ours), ...Object.keys(others)])
  return [...paths].flatMap((path) => {
    const [a = 'nothing', b = 'nothing'] = [ours[path], others[path]]
    if (a === b) return []
    // The kernel is built without what the file needs (fs-verity): it says so, and only its size is known.
    if (b.endsWith(' ENOTSUP') && a.startsWith(b.slice(0, b.lastIndexOf(' ')))) return []
    return [`${path} is ${a}, by the other tool ${b}`]
  })
}

function folded(tree: TreeOf): TreeOf {
  return Object.fromEntries(
    Object.entries(tree).map(([path, what]) => [path.toLowerCase().replaceAll(/\.(?=\/|$)/g, ''), what]),
  )
}
