import type { ImageFiles } from '../image-files.ts'
import type { Layout } from '../layout.ts'
import type { GrubKind } from './dialect.ts'
import type { GrubModules } from './modules.ts'
import type { GrubConfiguration } from './read-menu.ts'

export type WhichGrub = Readonly<{
  kind: GrubKind
  reason: string
  /** `guess`: no module and no program says so. */
  certainty: 'seen' | 'guess'
}>

/** Only the `blscfg` of upstream’s GRUB 2.14 has options: a configuration that gives it some was written for that one. */
export function upstreamByOptions(call: string): WhichGrub {
  return {
    kind: 'upstream-blsuki',
    reason: `its modules are not there, and ${call} gives blscfg options, which only upstream’s has`,
    certainty: 'guess',
  }
}

/** Who calls a command of Fedora's, in whatever file it is configured by, has a GRUB that knows it. */
export function fedoraByCall(call: string): WhichGrub {
  return {
    kind: 'fedora',
    reason: `its modules are not there, and ${call} calls blscfg`,
    certainty: 'guess',
  }
}

const FEDORA = /^(fedora|rhel|centos|rocky|almalinux|ol|amzn|eurolinux|scientific|virtuozzo|openeuler)$/
const SUSE = /^(opensuse.*|sles|sled|sle.*|suse)$/
/** A signed GRUB is a few MiB. */
const MOST_PROGRAM_BYTES = 16 << 20

/**
 * Which GRUB an image carries: by the modules beside its configuration, by the modules inside the program on the EFI
 * system partition, else by what system it is.
 */
export async function whichGrub(
  files: ImageFiles,
  { volume, prefix, file, modules }: GrubConfiguration,
  { root, esp, osRelease, deployments }: Layout,
): Promise<WhichGrub> {
  const system = osRelease ?? deployments[0]?.osRelease
  const ids = system === undefined ? [] : [system.id, ...system.idLike]
  const isSuse = ids.some((id) => SUSE.test(id))
  const places = [
    { volume, directory: prefix },
    ...(root === undefined ? [] : [{ volume: root, directory: '/usr/lib/grub' }]),
  ]
  for (const place of places) {
    for (const target of ['x86_64-efi', 'arm64-efi', 'i386-pc', 'i386-efi']) {
      const directory = `${place.directory}/${target}`
      const names = await files.names(place.volume, directory)
      const where = `${place.volume.address}:${directory}`
      if (names.includes('blscfg.mod'))
        return { kind: isSuse ? 'suse' : 'fedora', reason: `${where} has blscfg.mod`, certainty: 'seen' }
      if (names.includes('blsuki.mod'))
        return { kind: 'upstream-blsuki', reason: `${where} has blsuki.mod`, certainty: 'seen' }
      if (names.includes('normal.mod'))
        return {
          kind: 'upstream',
          reason: `${where} has neither blscfg.mod nor blsuki.mod`,
          certainty: 'seen',
        }
    }
  }
  const inside = modules && kindByModules(modules, isSuse)
  if (inside !== undefined) return inside
  const program = esp && (await programOf(files, esp))
  if (program !== undefined) {
    const { path, holds } = program
    if (await holds('default_kernelopts'))
      return {
        kind: isSuse ? 'suse' : 'fedora',
        reason: `${path} has Fedora’s blscfg in it`,
        certainty: 'seen',
      }
    if (await holds('blsuki_save_default'))
      return { kind: 'upstream-blsuki', reason: `${path} has upstream’s blscfg in it`, certainty: 'seen' }
    if (await holds('menuentry'))
      return { kind: 'upstream', reason: `${path} has no blscfg in it`, certainty: 'seen' }
  }
  if (isSuse)
    return {
      kind: 'suse',
      reason: 'its modules are not there, and the system is of SUSE',
      certainty: 'guess',
    }
  if (ids.some((id) => FEDORA.test(id)))
    return {
      kind: 'fedora',
      reason: 'its modules are not there, and the system is of Fedora’s family',
      certainty: 'guess',
    }
  // Who calls a command of Fedora's has a GRUB that knows it.
  if (/^[ \t]*(?:blscfg|bls_import)\b/m.test(file.text))
    return {
      kind: 'fedora',
      reason: 'its modules are not there, and its configuration calls blscfg',
      certainty: 'guess',
    }
  return {
    kind: 'upstream',
    reason: 'its modules are not there, and nothing calls for another',
    certainty: 'guess',
  }
}

/** undefined for a core that loads `normal` from its directory: what it is made of is there. */
function kindByModules({ loaded, program }: GrubModules, isSuse: boolean): WhichGrub | undefined {
  const seen = (kind: GrubKind, has: string): WhichGrub => ({
    kind,
    reason: `${program.file} has ${has} in it`,
    certainty: 'seen',
  })
  if (loaded.has('blscfg')) return seen(isSuse ? 'suse' : 'fedora', 'blscfg')
  if (loaded.has('blsuki')) return seen('upstream-blsuki', 'blsuki')
  return loaded.has('normal') ? seen('upstream', 'neither blscfg nor blsuki') : undefined
}

type Program = Readonly<{ path: string; holds: (text: string) => Promise<boolean> }>

async function programOf(files: ImageFiles, esp: NonNullable<Layout['esp']>): Promise<Program | undefined> {
  for (const vendor of await files.names(esp, '/EFI')) {
    for (const name of await files.names(esp, `/EFI/${vendor}`)) {
      if (!/^(grubx64|grubaa64|grub)\.efi$/i.test(name)) continue
      const path = `/EFI/${vendor}/${name}`
      const found = await files.find(esp, path)
      const source = found?.kind === 'file' ? await files.open(esp, found) : undefined
      if (source === undefined || source.size < 4096 || source.size > MOST_PROGRAM_BYTES) continue
      let text: string | undefined
      return {
        path: `${esp.address}:${path}`,
        holds: async (wanted) => {
          text ??= new TextDecoder('latin1').decode(await source.read(0, source.size))
          return text.includes(wanted)
        },
      }
    }
  }
  return undefined
}
