import { encodeDocument } from '../../contract/index.ts'
import type { BootFile, StoredFile } from '../../contract/index.ts'
import type { ConversionWorld } from '../../ports/index.ts'
import { fileBytes } from './file-bytes.ts'
import type { FileToStore } from './file-bytes.ts'

/** The kernel, or the ramdisk: written and digested as it is read. */
export async function storeFile(
  world: ConversionWorld,
  file: FileToStore | undefined,
  signal: AbortSignal,
): Promise<StoredFile | undefined> {
  if (file === undefined) return undefined
  const output = await world.folder.create(file.name, 0)
  const digest = world.smallDigest()
  let sizeBytes = 0
  for await (const bytes of fileBytes(file, world.chunks, signal)) {
    digest.update(bytes)
    await output.write(bytes, sizeBytes)
    sizeBytes += bytes.length
  }
  return { file: file.name, sizeBytes, ...digest.end(), from: file.from.map(({ path }) => path) }
}

/** Texts beside the rest; boot.json comes last, for where it is, the rest is whole. */
export async function storeTexts(
  { folder }: Pick<ConversionWorld, 'folder'>,
  boot: BootFile,
  others: Readonly<Record<string, string>>,
): Promise<void> {
  const texts = { ...others, 'boot.json': encodeDocument(boot) }
  for (const [name, text] of Object.entries(texts)) {
    await (await folder.create(name, 0)).write(new TextEncoder().encode(text), 0)
  }
}
