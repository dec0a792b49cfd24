import { parseXml, XmlElement } from '@rgrove/parse-xml'
import type { XmlNode } from '@rgrove/parse-xml'
import type { GuestPaths, StatusFile, StoragePool } from '../../node/index.ts'
import { raiseLibvirt } from './errors.ts'

/** A guest with hundreds of disks has a status file of some 200 KiB. */
export const STATUS_FILE_MAX_BYTES = 8 * 1024 * 1024

/**
 * Reads one of libvirt's status files as far as Anneal needs. Throws STATUS_FILE_UNREADABLE for anything that
 * libvirt itself could not read back: then the guest is one that a new libvirt would not see.
 */
export function parseStatusFile(name: string, path: string, xml: string): StatusFile {
  const unreadable = (state: string, cause?: unknown): Error =>
    raiseLibvirt('STATUS_FILE_UNREADABLE', { path, state }, cause)
  if (xml.length > STATUS_FILE_MAX_BYTES) throw unreadable(`it has ${xml.length} characters`)
  const root = parseRoot(xml, unreadable)
  if (root?.name !== 'domstatus')
    throw unreadable(`its root element is "${root?.name ?? ''}", not "domstatus"`)
  const domain = child(root, 'domain')
  const uuid = child(domain, 'uuid')?.text.trim().toLowerCase()
  if (domain === undefined || uuid === undefined) throw unreadable('it holds no domain with a UUID')
  const devices = child(domain, 'devices')
  const type = child(child(domain, 'os'), 'type')
  return {
    name: child(domain, 'name')?.text ?? name,
    path,
    xml,
    uuid,
    pid: positive(root.attributes['pid']),
    domainId: positive(domain.attributes['id']),
    state: root.attributes['state'] ?? 'unknown',
    capabilityFlags: children(child(root, 'qemuCaps'), 'flag').flatMap(
      (flag) => flag.attributes['name'] ?? [],
    ),
    emulator: child(devices, 'emulator')?.text.trim() ?? '',
    machineType: type?.attributes['machine'] ?? '',
    consoleLogs: consoleLogs(devices),
    files: filesOf(domain),
    storagePools: storagePools(devices),
    stdioLogd: child(root, 'chardevStdioLogd') !== undefined,
  }
}

/** A persistent definition (`qemu/NAME.xml` of libvirt's configuration). undefined for what is none. */
export function parseDefinition(xml: string): GuestPaths | undefined {
  const domain = rootOf(xml)
  const name = domain?.name === 'domain' ? child(domain, 'name')?.text : undefined
  return domain === undefined || name === undefined ? undefined : { name, files: filesOf(domain) }
}

/** libvirt's record of a pool that is active (virStoragePoolSaveState). undefined for what libvirt would not read back either. */
export function parsePool(xml: string): StoragePool | undefined {
  const root = rootOf(xml)
  const pool = root?.name === 'pool' ? root : child(root, 'pool')
  const name = child(pool, 'name')?.text
  const type = pool?.attributes['type']
  if (name === undefined || type === undefined) return undefined
  return { name, type, path: child(child(pool, 'target'), 'path')?.text }
}

function rootOf(xml: string): XmlElement | undefined {
  try {
    return parseXml(xml).root ?? undefined
  } catch {
    return undefined
  }
}

function parseRoot(xml: string, unreadable: (state: string, cause: unknown) => Error): XmlElement | null {
  try {
    return parseXml(xml).root
  } catch (error) {
    throw unreadable(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error), error)
  }
}

function storagePools(devices: XmlElement | undefined): readonly string[] {
  const pools = children(devices, 'disk')
    .flatMap(layersOf)
    .flatMap((layer) =>
      layer.attributes['type'] === 'volume'
        ? children(layer, 'source').flatMap((source) => source.attributes['pool'] ?? [])
        : [],
    )
  return [...new Set(pools)]
}

/** A disk, the disks that it is based on, and one that it is copied to. */
function layersOf(disk: XmlElement): readonly XmlElement[] {
  return [disk, ...['backingStore', 'mirror'].flatMap((name) => children(disk, name).flatMap(layersOf))]
}

function filesOf(domain: XmlElement): readonly string[] {
  const devices = child(domain, 'devices')
  const os = child(domain, 'os')
  const named = ['kernel', 'initrd', 'dtb', 'loader', 'nvram'].map((name) => child(os, name)?.text.trim())
  const sources = [
    ...children(devices, 'disk').flatMap(layersOf),
    ...children(devices, 'filesystem'),
  ].flatMap((device) =>
    children(device, 'source').flatMap(({ attributes }) => [attributes['file'], attributes['dir']]),
  )
  return [...new Set([...named, ...sources].filter((path) => path !== undefined && path !== ''))] as string[]
}

/** Files that serial ports and consoles are written to: their own (`type='file'`), or the log beside a pty or socket. */
function consoleLogs(devices: XmlElement | undefined): readonly string[] {
  const paths = ['serial', 'console', 'parallel', 'channel'].flatMap((name) =>
    children(devices, name).flatMap((device) => [
      device.attributes['type'] === 'file' ? child(device, 'source')?.attributes['path'] : undefined,
      child(device, 'log')?.attributes['file'],
    ]),
  )
  return [...new Set(paths.filter((path) => path !== undefined))]
}

function children(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return (element?.children ?? []).filter((node: XmlNode): node is XmlElement => {
    return node instanceof XmlElement && node.name === name
  })
}

function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return children(element, name)[0]
}

function positive(text: string | undefined): number | undefined {
  const value = Number(text)
  return Number.isInteger(value) && value > 0 ? value : undefined
}
