import { statSync } from 'node:fs'
import type { OpenFile } from '../../node/index.ts'
import { descriptorsOf, isWritable } from './descriptors.ts'
import { goneOrThrow, readProcLink } from './proc-files.ts'

/** Smaller ones are no disk that a guest lives on. */
const DISK_MIN_BYTES = 64 * 1024

export type OpenFiles = Readonly<{ files: readonly OpenFile[]; socketInodes: readonly number[] }>

/** What a process has open that tells of a virtual machine: one of each kind is enough; and all of its sockets. */
export function openFilesOf(processDir: string): OpenFiles {
  const found = new Map<OpenFile['kind'], OpenFile>()
  const socketInodes: number[] = []
  for (const link of descriptorsOf(processDir)) {
    const path = readProcLink(link)
    if (path === undefined) continue
    const inode = /^socket:\[(\d+)\]$/.exec(path)?.[1]
    if (inode !== undefined) socketInodes.push(Number(inode))
    const kind = kindOf(path, link)
    if (kind !== undefined && !found.has(kind)) found.set(kind, { kind, path })
  }
  return { files: [...found.values()], socketInodes }
}

function kindOf(path: string, link: string): OpenFile['kind'] | undefined {
  // virt/kvm/kvm_main.c: `kvm-vm`, `kvm-vcpu:0`; drivers/hv/mshv_root_main.c: `mshv_partition`, `mshv_vp`.
  if (/^anon_inode:\[?(kvm-(vm|vcpu)|mshv_(partition|vp))/.test(path)) return 'virtualMachine'
  if (path === '/dev/kvm' || path === '/dev/mshv') return 'kvm'
  if (path === '/dev/net/tun' || /^\/dev\/tap\d+$/.test(path)) return 'tap'
  if (path === '/dev/fuse') return 'fuse'
  if (path.startsWith('/') && isDisk(path, link)) return 'disk'
  return undefined
}

function isDisk(path: string, link: string): boolean {
  const device = path.startsWith('/dev/')
  if (!device && !/\.(qcow2?|raw|img|vmdk|vhdx?|vdi|qed)( \(deleted\))?$|\/disk(\.[a-z0-9]+)?$/.test(path))
    return false
  if (!isWritable(link)) return false
  try {
    const file = statSync(link)
    return device ? file.isBlockDevice() : file.isFile() && file.size >= DISK_MIN_BYTES
  } catch (error) {
    return goneOrThrow(error) ?? false
  }
}
