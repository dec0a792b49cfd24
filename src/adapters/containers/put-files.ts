import { pack } from 'tar-stream'
import type { Dialect } from './dialect.ts'
import { attempted } from './refusals.ts'

/** Puts files into a container below `folder`: root's, mode 0644; missing folders below it are made. */
export async function putFiles(
  dialect: Dialect,
  id: string,
  name: string,
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const api = await dialect.api()
  await attempted(
    { engine: dialect.engine, action: 'copy files into container', subject: name, code: 'ENGINE_REFUSED' },
    () =>
      api.status({
        method: 'PUT',
        path: `${dialect.prefix}/containers/${id}/archive`,
        query: { path: folder },
        file: tarOfFiles(files),
      }),
  )
}

/** A tar of text files, owned by root. Paths are absolute and become relative to the tar's root; 0644 unless told. */
function tarOfFiles(files: Readonly<Record<string, string>>): NodeJS.ReadableStream {
  const tar = pack()
  for (const [path, content] of Object.entries(files)) {
    tar.entry({ name: path.replace(/^\/+/, ''), mode: 0o644 }, content)
  }
  tar.finalize()
  return tar as unknown as NodeJS.ReadableStream
}
