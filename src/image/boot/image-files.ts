import type { ByteSource } from '../../bytes/index.ts'
import { EXIT, isAnnealError } from '../../core/index.ts'
import type { Finding } from '../../core/index.ts'
import { findPath, readFile } from '../../formats/filesystem/index.ts'
import type { Found } from '../../formats/filesystem/index.ts'
import type { Volume } from '../stack/index.ts'
import { finding } from './findings.ts'

export type TextFile = Readonly<{
  text: string
  /** `address:path`, as messages and provenance call it. */
  file: string
}>

/** Configurations are a few KiB; what is larger is none. */
const TEXT_LIMIT_BYTES = 1 << 20
/** Entries, deployments, kernels: nobody has as many. */
const MOST_NAMES = 4096

type Options = Readonly<{
  /** Where `/` is: the directory of a deployment. */
  root?: string
  /** Whether a link at the end of the path is followed; it is where nothing is said. */
  lastLink?: 'follow' | 'keep'
}>

/**
 * Looks for files that may or may not be there. What a damaged file system keeps from being seen is told as a finding,
 * and taken for absent: the rest of the image can still be shown.
 */
export class ImageFiles {
  readonly findings: Finding[] = []
  readonly #signal: AbortSignal | undefined

  constructor(signal?: AbortSignal) {
    this.#signal = signal
  }

  /** What the path leads to, through symbolic links; undefined where there is nothing. */
  async find(volume: Volume, path: string, options: Options = {}): Promise<Found | undefined> {
    return this.#guard(volume, path, () =>
      findPath(volume.fileSystem, path, {
        lastLink: 'follow',
        ...options,
        ...(this.#signal && { signal: this.#signal }),
      }),
    )
  }

  async isDirectory(volume: Volume, path: string): Promise<boolean> {
    return (await this.find(volume, path))?.kind === 'directory'
  }

  async isFile(volume: Volume, path: string, options: Options = {}): Promise<boolean> {
    return (await this.find(volume, path, options))?.kind === 'file'
  }

  async text(volume: Volume, path: string, options: Options = {}): Promise<TextFile | undefined> {
    const found = await this.find(volume, path, options)
    if (found?.kind !== 'file') return undefined
    return this.#guard(volume, path, async () => {
      const bytes = await readFile(volume.fileSystem, found.id, {
        path: found.realPath,
        limitBytes: TEXT_LIMIT_BYTES,
        ...(this.#signal && { signal: this.#signal }),
      })
      return {
        text: new TextDecoder().decode(bytes),
        file: `${volume.address}:${options.root === '/' ? '' : (options.root ?? '')}${found.realPath}`,
      }
    })
  }

  /** Of a regular file: what `find` found. */
  async open(volume: Volume, found: Found): Promise<ByteSource | undefined> {
    return this.#guard(volume, found.realPath, () => volume.fileSystem.open(found.id, this.#signal))
  }

  /** What a symbolic link says, as it stands there. */
  async linkOf(volume: Volume, found: Found): Promise<string | undefined> {
    return this.#guard(volume, found.realPath, () => volume.fileSystem.readLink(found.id, this.#signal))
  }

  async sizeOf(volume: Volume, found: Found): Promise<number | undefined> {
    const stat = await this.#guard(volume, found.realPath, () =>
      volume.fileSystem.stat(found.id, this.#signal),
    )
    return stat?.sizeBytes
  }

  /** When it was last changed, in seconds since 1970. */
  async modifiedSeconds(volume: Volume, found: Found): Promise<number | undefined> {
    const stat = await this.#guard(volume, found.realPath, () =>
      volume.fileSystem.stat(found.id, this.#signal),
    )
    return stat && Number(stat.modifiedNs / 1_000_000_000n)
  }

  /** Names in a directory, sorted; none where it is not there. */
  async names(volume: Volume, path: string): Promise<readonly string[]> {
    return (await this.listed(volume, path)).toSorted()
  }

  /** As `names`, in the order of the directory. */
  async listed(volume: Volume, path: string): Promise<readonly string[]> {
    const found = await this.find(volume, path)
    if (found?.kind !== 'directory') return []
    const names = await this.#guard(volume, path, async () => {
      const seen: string[] = []
      for await (const { name } of volume.fileSystem.list(found.id, this.#signal)) {
        if (seen.length >= MOST_NAMES) {
          this.findings.push(
            finding('BOOT_TOO_MANY', `${volume.address}:${path}`, `more than ${MOST_NAMES} names`),
          )
          break
        }
        seen.push(name)
      }
      return seen
    })
    return names ?? []
  }

  /** What `read` gives; undefined where that is refused, which is told. */
  async reading<T>(
    volume: Volume,
    path: string,
    read: (signal: AbortSignal | undefined) => Promise<T>,
  ): Promise<T | undefined> {
    return this.#guard(volume, path, () => read(this.#signal))
  }

  async #guard<T>(volume: Volume, path: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      if (isAnnealError(error, 'PATH_NOT_A_DIRECTORY')) return undefined
      if (!isAnnealError(error) || error.exit !== EXIT.refused) throw error
      this.findings.push(finding('BOOT_FILE_UNREADABLE', `${volume.address}:${path}`, error.message))
      return undefined
    }
  }
}
