import { dynamicNeeds } from '../../formats/elf/index.ts'
import { ARCHITECTURES, PROGRAMS } from './architectures.ts'
import type { Architecture } from './architectures.ts'
import type { RamdiskFile } from './archive.ts'
import type { PackageFiles } from './unpacked-packages.ts'

/** Programs that are in the ramdisk under one name, with the loader and the libraries that they need. */
export async function userLand(
  packages: PackageFiles,
  architecture: Architecture,
): Promise<readonly RamdiskFile[]> {
  const { triplet } = ARCHITECTURES[architecture]
  const libraryFolders = ['usr/lib', 'lib'].map((folder) => `${folder}/${triplet}`)
  const files = new Map<string, RamdiskFile>()
  const waiting: string[] = []
  const take = (path: string, content: Uint8Array): void => {
    files.set(path, { path, mode: 0o100755, content })
    const needs = dynamicNeeds(content, path)
    if (needs.interpreter !== undefined) waiting.push(needs.interpreter)
    waiting.push(...needs.libraries)
  }
  for (const { program } of PROGRAMS) {
    const places = ['usr/bin', 'bin', 'usr/sbin', 'sbin'].map((folder) => `${folder}/${program}`)
    take(`usr/bin/${program}`, await packages.read(places))
  }
  // libc loads it by itself where a thread ends early.
  waiting.push('libgcc_s.so.1')
  for (let need = waiting.pop(); need !== undefined; need = waiting.pop()) {
    const isLoader = need.startsWith('/')
    const name = need.split('/').at(-1) ?? ''
    const path = isLoader ? need.slice(1).replace(/^lib\//, 'usr/lib/') : `usr/lib/${triplet}/${name}`
    if (files.has(path)) continue
    take(path, await packages.read(libraryFolders.map((folder) => `${folder}/${name}`)))
  }
  return [...files.values()]
}
