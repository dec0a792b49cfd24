import type { GrubImage } from '../../../formats/grub/index.ts'
import { atDefaultSubvolume } from '../../stack/index.ts'
import type { StackNode, Volume } from '../../stack/index.ts'
import { finding } from '../findings.ts'
import { ImageFiles } from '../image-files.ts'
import type { Variables } from './environment.ts'
import { GrubDevices } from './devices.ts'
import { dialectOf } from './dialect.ts'
import { memdiskVolume } from './memdisk.ts'
import { GrubModules, missingModule } from './modules.ts'
import type { GrubConfiguration } from './read-menu.ts'
import { runGrub } from './run-grub.ts'
import { RELATIVE_PATHS } from './state.ts'

/** A GRUB that firmware starts. */
export type StartedGrub = Readonly<{
  image: GrubImage
  /** `p1:/EFI/BOOT/BOOTX64.EFI`, as findings call it. */
  name: string
  /** What it lies in. */
  node: StackNode
  platform: 'efi' | 'pc'
  cpu: string
  /** Of a program: its directory. `isFirst`: it looks there before it looks where it was told to. */
  place?: Readonly<{ volume: Volume; prefix: string; isFirst: boolean }>
}>

/**
 * Where grub-mkimage told a GRUB to look: its own configuration may move the prefix before grub.cfg is read. undefined where it
 * finds none; what it lacks to see one is a finding.
 */
export async function configurationOf(
  files: ImageFiles,
  disk: StackNode,
  { image, name, node, platform, cpu, place: beside }: StartedGrub,
): Promise<GrubConfiguration | undefined> {
  const memdisk = image.memdisk && (await memdiskVolume(files, node, name, image.memdisk))
  let modules = image.modules && new GrubModules(disk, { file: name, modules: image.modules })
  let devices = new GrubDevices(disk, memdisk).seenBy(modules)
  const placeOf = (prefix: string): Readonly<{ volume: Volume; prefix: string }> | undefined => {
    const [, device, inside = ''] = /^\(([^)]*)\)(.*)$/s.exec(prefix) ?? []
    if (device === undefined) {
      const own = beside?.volume
      return prefix === '' || own === undefined || !devices.sees(own) ? undefined : { volume: own, prefix }
    }
    const volume = devices.volumeOf(device.replace(/^,/, 'hd0,'))
    return volume && { volume, prefix: inside }
  }
  const told = placeOf(image.prefix)
  let moved = told
  let isRelative = false
  let before: ReadonlyMap<string, string> | undefined
  const start = told ?? beside ?? anywhere(devices)
  if (image.configuration !== '' && start !== undefined) {
    const { volume, prefix } = start
    const setting = {
      dialect: dialectOf('upstream'),
      platform,
      cpu,
      volume,
      prefix,
      isBeforeNormal: true,
    } as const
    const file = { text: image.configuration, file: name }
    const ran = await runGrub(new ImageFiles(), devices, { ...setting, ...(modules && { modules }) }, file)
    modules = ran.modules
    devices = devices.seenBy(modules)
    isRelative = /^[1y]/.test(ran.variables.get(RELATIVE_PATHS)?.value ?? '')
    before = setBy(ran.variables)
    moved = placeOf(ran.variables.get('prefix')?.value ?? '') ?? told
  }
  for (const place of beside?.isFirst === true ? [beside, moved, told] : [moved, told, beside]) {
    if (place === undefined || !devices.sees(place.volume)) continue
    const volume = isRelative ? atDefaultSubvolume(place.volume) : place.volume
    const file = await files.text(volume, `${place.prefix}/grub.cfg`)
    if (file === undefined) continue
    const { prefix } = place
    const hasNormal =
      modules === undefined ||
      modules.loaded.has('normal') ||
      (await files.isFile(volume, `${prefix}/${cpu}-${platform}/normal.mod`))
    // It ends in its rescue shell.
    if (!hasNormal) {
      files.findings.push(finding('GRUB_MODULE_MISSING', name, 'without normal it reads no grub.cfg'))
      return undefined
    }
    const more = { ...(memdisk && { memdisk }), ...(modules && { modules }), ...(before && { before }) }
    return { volume, prefix, file, ...(isRelative && { isRelative }), ...more }
  }
  for (const [module, { address }] of devices.unseen)
    files.findings.push(missingModule(name, module, address))
  return undefined
}

/** What was set, but for the prefix: that is where its grub.cfg was found. */
function setBy(variables: Variables): ReadonlyMap<string, string> {
  return new Map(
    [...variables].flatMap(([name, { value, source }]) =>
      source.kind === 'made' || name === 'prefix' ? [] : [[name, value] as const],
    ),
  )
}

/** A run begins on some volume, also where the GRUB does not see the one that it was told of. */
function anywhere(devices: GrubDevices): Readonly<{ volume: Volume; prefix: string }> | undefined {
  const [volume] = devices.volumes()
  return volume && { volume, prefix: '/' }
}
