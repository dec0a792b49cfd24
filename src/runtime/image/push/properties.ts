import { HOLDS, KERNEL_CMDLINE } from '../../../metal/index.ts'
import { raise } from './errors.ts'
import type { PushSource } from './pushed.ts'

/** Names that the Image API has for itself (https://docs.openstack.org/api-ref/image/v2/). */
const OF_THE_API = new Set(
  `id name status visibility protected disk_format container_format size virtual_size checksum os_hash_algo
  os_hash_value min_disk min_ram owner created_at updated_at tags self file schema locations direct_url os_hidden
  stores`.split(/\s+/),
)
const OF_ANNEAL = new Set([KERNEL_CMDLINE, 'kernel_id', 'ramdisk_id'])

/** `os_type=linux` → a property. Throws PUSH_PROPERTY_INVALID. */
export function checkProperties(texts: readonly string[]): Readonly<Record<string, string>> {
  const properties: Record<string, string> = {}
  for (const text of texts) {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? []
    const refuse = (why: string): Error => raise('PUSH_PROPERTY_INVALID', { property: name || text, why })
    if (!/^[\w.:-]{1,255}$/.test(name)) throw refuse('it is not NAME=VALUE')
    if (OF_THE_API.has(name)) throw refuse('the Image API has that name for itself')
    if (OF_ANNEAL.has(name) || name.startsWith('anneal_')) throw refuse('Anneal sets it')
    if (Object.hasOwn(properties, name) && properties[name] !== value) throw refuse('it is given twice')
    properties[name] = value
  }
  return properties
}

/** What a base tells of the system that it holds. */
export function describingProperties({
  kernel,
  base: { holds, sectorSizeBytes },
  about: { boot, source },
}: Pick<PushSource, 'kernel' | 'about'> &
  Readonly<{ base: Pick<PushSource['base'], 'holds' | 'sectorSizeBytes'> }>): Readonly<
  Record<string, string>
> {
  const { deployment, os } = boot
  return {
    ...(os.id ? { os_distro: os.id } : {}),
    ...(os.versionId ? { os_version: os.versionId } : {}),
    // A whole disk boots by its own loader: what deployers take for an instruction would say what is not so.
    ...(kernel !== undefined
      ? { [KERNEL_CMDLINE]: boot.commandLine }
      : boot.commandLine === ''
        ? {}
        : { anneal_kernel_cmdline: boot.commandLine }),
    anneal_source: source.name,
    [HOLDS]: holds,
    ...(sectorSizeBytes === undefined ? {} : { anneal_sector_size: String(sectorSizeBytes) }),
    ...(boot.firmware === undefined || boot.firmware === 'either' ? {} : { anneal_firmware: boot.firmware }),
    ...(deployment === undefined || deployment.composefs?.by === 'bootc'
      ? {}
      : {
          anneal_ostree_commit: deployment.commit,
          anneal_ostree_stateroot: deployment.stateroot,
          anneal_ostree_serial: String(deployment.serial),
        }),
  }
}
