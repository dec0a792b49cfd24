import { pack } from 'tar-stream'

/** A tar of text files, owned by root. Paths are absolute and become relative to the tar's root; 0644 unless told. */
export function tarOfFiles(files: Readonly<Record<string, string>>): NodeJS.ReadableStream {
  const tar = pack()
  for (const [path, content] of Object.entries(files)) {
    tar.entry({ name: path.replace(/^\/+/, ''), mode: 0o644 }, content)
  }
  tar.finalize()
  return tar as unknown as NodeJS.ReadableStream
}
