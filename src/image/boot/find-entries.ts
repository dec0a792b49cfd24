import type { StackNode, Volume } from '../stack/index.ts'
import type { Knowledge } from './arguments.ts'
import type { BlsEntry } from './bls/entry.ts'
import { inSystemdBootOrder, inVersionOrder } from './bls/order.ts'
import { completeBlsEntry, findBlsEntries } from './bls/read-entries.ts'
import type { FoundEntry } from './bls/read-entries.ts'
import type { Loader } from './loader.ts'
import type { BootEntry } from './entry.ts'
import { readExtlinux } from './extlinux.ts'
import type { FoundLoader } from './find-loader.ts'
import { GrubDevices } from './grub/devices.ts'
import { parseEnvironmentBlock } from './grub/environment.ts'
import type { Variables } from './grub/environment.ts'
import { linksIntoEsp } from './grub/linked-file.ts'
import type { GrubMenu } from './grub/menu.ts'
import { completeGrubEntry, readGrubMenu } from './grub/read-menu.ts'
import { fedoraByCall, upstreamByOptions, whichGrub } from './grub/which-grub.ts'
import type { ImageFiles } from './image-files.ts'
import type { Layout } from './layout.ts'
import { EFI_NAMES } from './firmware/efi-program.ts'
import type { EfiArchitecture } from './firmware/efi-program.ts'
import { findModuleKernels } from './modules.ts'
import { defaultEntry, parseLoaderConf } from './systemd-boot/loader-conf.ts'
import type { NamedEntry } from './systemd-boot/loader-conf.ts'
import { knows } from './systemd-boot/since.ts'
import { completeType1Entry } from './systemd-boot/type1-entry.ts'
import { findUkis, readUki } from './uki.ts'
import { withUnifiedKernel } from './uki/unified-kernel.ts'

/** What can be booted, in the order of the boot loader's menu, and which of it boots by itself. */
export type FoundEntries = Readonly<{
  loader: Loader
  entries: readonly BootEntry[]
  defaultIndex: number
}>

/** `fromLoader`: the boot loader shows them; else it shows nothing, and they were looked for all the same. */
export type EntriesToBoot = FoundEntries & Readonly<{ fromLoader: boolean }>

type Context = Readonly<{
  files: ImageFiles
  disk: StackNode
  layout: Layout
  /** What GRUB runs on. */
  machine: Readonly<{ platform: 'efi' | 'pc'; cpu: EfiArchitecture }>
}>

/** What the installed boot loader would show. Where that is nothing: whatever entry is there, else the kernels themselves. */
export async function findEntries(context: Context, loader: FoundLoader): Promise<EntriesToBoot> {
  const found = await byLoader(context, loader)
  if (found.entries.length > 0) return { ...found, fromLoader: true }
  const { files, layout } = context
  const others = await withoutLoader(context)
  if (others.length > 0 || layout.root === undefined)
    return { ...found, entries: others, defaultIndex: 0, fromLoader: false }
  // ostree boots a deployment through its boot link alone, which only an entry names.
  if (layout.deployments.length > 0) return { ...found, entries: [], defaultIndex: 0, fromLoader: false }
  const entries = await findModuleKernels(files, layout.root, '/')
  return { ...found, entries, defaultIndex: 0, fromLoader: false }
}

async function byLoader(context: Context, loader: FoundLoader): Promise<FoundEntries> {
  const { files } = context
  switch (loader.kind) {
    case 'systemd-boot':
      return bySystemdBoot(context, loader)
    case 'grub':
      return byGrub(context, loader)
    case 'extlinux': {
      const { configuration, reason, volume } = loader
      const { entries, defaultId } = await readExtlinux(files, volume, configuration)
      return {
        loader: { kind: 'extlinux', configuration: configuration.file, reason },
        entries,
        defaultIndex: Math.max(
          0,
          entries.findIndex(({ id }) => id === defaultId),
        ),
      }
    }
    case 'uki': {
      const { volume, path, reason } = loader
      // Firmware asks for no profile.
      const [uki] = await readUki(files, volume, path)
      return {
        loader: { kind: 'none', configuration: '', reason },
        entries: uki === undefined ? [] : [uki.entry],
        defaultIndex: 0,
      }
    }
    case 'none':
      return {
        loader: { kind: 'none', configuration: '', reason: loader.reason },
        entries: await withoutLoader(context),
        defaultIndex: 0,
      }
  }
}

/** BLS entries, newest version first, then unified kernel images. */
async function withoutLoader(context: Context): Promise<readonly BootEntry[]> {
  const { files, disk, layout } = context
  const known = { variables: await grubEnvironment(files, layout), isComplete: false }
  const found = await Promise.all(
    blsPlaces(layout).map(([volume, directory]) => findBlsEntries(files, volume, directory)),
  )
  const entries = await complete(files, inVersionOrder(found.flat()), known)
  const bls = await Promise.all(entries.map((one) => withUnifiedKernel(files, disk, one)))
  const ukis = await allUkis(files, layout)
  const sorted = inSystemdBootOrder(ukis.map(({ sorting, entry }) => ({ ...sorting, entry })))
  return [...bls, ...sorted.map(({ entry }) => entry)]
}

async function bySystemdBoot(
  { files, layout, machine }: Context,
  { configuration, reason, version }: Extract<FoundLoader, { kind: 'systemd-boot' }>,
): Promise<FoundEntries> {
  const found = (
    await Promise.all(
      blsPlaces(layout).map(([volume, directory]) => findBlsEntries(files, volume, directory)),
    )
  ).flat()
  // EFI_MACHINE_TYPE_NAME of systemd-boot, which passes over entries of other machines.
  const isForMachine = ({ architecture }: FoundEntry): boolean =>
    architecture === '' || architecture.toLowerCase() === EFI_NAMES[machine.cpu]
  // It shows none that does not say what system it is of.
  const ukis = (await allUkis(files, layout)).filter(
    ({ sorting, entry }) =>
      sorting.title !== '' &&
      !/^auto-/i.test(sorting.fileName) &&
      (entry.profile === undefined || knows(version, 'profiles')),
  )
  type Candidate = BlsEntry & Readonly<{ found?: FoundEntry; entry?: BootEntry }>
  const knowsProfiles = knows(version, 'profileKey')
  const candidates: readonly Candidate[] = [
    ...found.filter(isForMachine).map((one): Candidate => {
      const { profile: _profile, ...without } = one
      return { ...(knowsProfiles ? one : without), found: one }
    }),
    ...ukis.map(({ sorting, entry }): Candidate => ({ ...sorting, entry })),
  ]
  const all = inSystemdBootOrder(candidates, version)
  const entries: BootEntry[] = []
  const names: (NamedEntry & Readonly<{ profile: number }>)[] = []
  for (const { found: one, entry, profile = 0 } of all) {
    const whole = entry ?? (one && (await completeType1Entry(files, one, version)))
    if (whole === undefined) continue
    entries.push(whole)
    const { id, triesLeft } = whole
    const name = one === undefined ? nameOfUki(whole, version) : `${id}.conf`
    names.push({ name, profile, ...(triesLeft !== undefined && { triesLeft }) })
  }
  return {
    loader: { kind: 'systemd-boot', configuration: configuration?.file ?? '', reason },
    entries,
    defaultIndex: defaultEntry(names, parseLoaderConf(configuration?.text ?? ''), version),
  }
}

/** The id that systemd-boot gives it. */
function nameOfUki({ id, profile, triesLeft }: BootEntry, systemdBoot: number | undefined): string {
  if (profile === undefined) return `${id}.efi`
  const isLost = triesLeft !== undefined && !knows(systemdBoot, 'profileIds')
  return isLost ? id.replace(/@[^@]*$/, '') : id
}

async function byGrub(
  { files, disk, layout, machine: on }: Context,
  { configuration, reason }: Extract<FoundLoader, { kind: 'grub' }>,
): Promise<FoundEntries> {
  const machine = { ...on, follow: linksIntoEsp(files, disk, layout) }
  const devices = new GrubDevices(disk, configuration.memdisk)
  const before = files.findings.length
  let grub = await whichGrub(files, configuration, layout)
  let menu = await readGrubMenu(files, devices, configuration, { ...grub, ...machine })
  const another =
    grub.certainty === 'seen'
      ? undefined
      : menu.blsOptionsAt !== undefined
        ? upstreamByOptions(menu.blsOptionsAt)
        : grub.kind === 'upstream' && menu.blsCalledAt !== undefined
          ? fedoraByCall(menu.blsCalledAt)
          : undefined
  if (another !== undefined) {
    files.findings.length = before
    grub = another
    menu = await readGrubMenu(files, devices, configuration, { ...grub, ...machine })
  }
  files.findings.push(...menu.findings)
  const known: Knowledge = { variables: menu.variables, isComplete: menu.understood }
  const entries: BootEntry[] = []
  for (const one of menu.entries) {
    const entry = await completeGrubEntry(files, one, { kind: grub.kind, known })
    entries.push(await withUnifiedKernel(files, disk, entry))
  }
  return {
    loader: {
      kind: menu.hasBls ? 'grub-blscfg' : 'grub',
      configuration: configuration.file.file,
      reason,
      grub: grub.kind,
      grubReason: grub.reason,
    },
    entries,
    defaultIndex: firstThatBoots(entries, menu),
  }
}

/** What boots by itself; where its files are not there, the first of those that `fallback` names and that has them. */
function firstThatBoots(entries: readonly BootEntry[], { defaultIndex = 0, fallbacks }: GrubMenu): number {
  const isBroken = (index: number): boolean => {
    const entry = entries[index]
    return entry === undefined || (entry.unbootable !== undefined && entry.isOther !== true)
  }
  if (!isBroken(defaultIndex)) return defaultIndex
  return fallbacks.find((index) => !isBroken(index)) ?? defaultIndex
}

async function complete(
  files: ImageFiles,
  found: readonly FoundEntry[],
  known: Knowledge,
): Promise<readonly BootEntry[]> {
  const entries = await Promise.all(found.map((one) => completeBlsEntry(files, one, known)))
  return entries.filter((one) => one !== undefined)
}

/** What `kernelopts` and the like would be, where GRUB's own configuration is not there to load it. */
async function grubEnvironment(files: ImageFiles, { boot }: Layout): Promise<Variables> {
  if (boot === undefined) return new Map()
  for (const name of ['grub2', 'grub']) {
    const file = await files.text(boot.volume, `${boot.directory}/${name}/grubenv`)
    const block = file && parseEnvironmentBlock(file.text, file.file)
    if (block !== undefined) return block
  }
  return new Map()
}

/** Each once: Arch mounts the EFI system partition at /boot. */
function blsPlaces({ boot, esp }: Layout): readonly (readonly [Volume, string])[] {
  const isBoot = boot?.directory === '' && boot.volume.address === esp?.address
  return [
    ...(boot === undefined ? [] : [[boot.volume, boot.directory] as const]),
    ...(esp === undefined || isBoot ? [] : [[esp, ''] as const]),
  ]
}

async function allUkis(files: ImageFiles, { boot, esp }: Layout): ReturnType<typeof findUkis> {
  const isApart = boot?.directory === '' && boot.volume.address !== esp?.address
  const volumes = [...(esp === undefined ? [] : [esp]), ...(isApart ? [boot.volume] : [])]
  return (await Promise.all(volumes.map((volume) => findUkis(files, volume)))).flat()
}
