import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Files that debugfs takes contents from: it reads no pipe. The same few names are used again and again; the directory of the
 * results removes what a killed run leaves. Everything is done at once: the contents are small, or come in pieces.
 */
export class AsideFiles implements Disposable {
  readonly #directory: string
  readonly #label: string
  #count = 0
  #most = 0

  constructor(directory: string, label: string) {
    this.#directory = directory
    this.#label = label
  }

  get count(): number {
    return this.#count
  }

  /** What was put aside was taken: its names are free. */
  restart(): void {
    this.#count = 0
  }

  /** Gives the name, relative to the directory. */
  put(bytes: Uint8Array): string {
    const file = this.open()
    file.write(bytes, 0)
    file.close(bytes.length)
    return file.name
  }

  /** An empty file, to be written in pieces; what is not written is a hole. */
  open(): Readonly<{
    name: string
    write: (bytes: Uint8Array, offsetBytes: number) => void
    close: (sizeBytes: number) => void
  }> {
    const name = this.#nameOf(this.#count)
    this.#count += 1
    this.#most = Math.max(this.#most, this.#count)
    const fd = openSync(join(this.#directory, name), 'w', 0o600)
    return {
      name,
      write(bytes, offsetBytes) {
        for (let done = 0; done < bytes.length;)
          done += writeSync(fd, bytes, done, bytes.length - done, offsetBytes + done)
      },
      close(sizeBytes) {
        ftruncateSync(fd, sizeBytes)
        closeSync(fd)
      },
    }
  }

  [Symbol.dispose](): void {
    for (let index = 0; index < this.#most; index += 1)
      rmSync(join(this.#directory, this.#nameOf(index)), { force: true })
  }

  #nameOf(index: number): string {
    return `.${this.#label}-${index}.${process.pid}.partial`
  }
}
