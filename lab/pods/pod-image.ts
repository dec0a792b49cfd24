import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { must } from '../run.ts'

/** The image of every container of the bed, pause among them: a busybox that is linked statically. */
export const POD_IMAGE = 'localhost/anneal/pod:1'

const PROGRAMS = ['sh', 'sleep', 'cat', 'mkfifo', 'setsid', 'true']

/** An archive as `docker save` writes it; made of this machine's busybox, without a registry or an engine. */
export async function podImage(directory: string): Promise<string> {
  const root = join(directory, 'root')
  mkdirSync(join(root, 'bin'), { recursive: true })
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'))
  for (const program of PROGRAMS) symlinkSync('busybox', join(root, 'bin', program))
  const layer = join(directory, 'layer.tar')
  await must('pack a layer', ['tar', '--create', '--file', layer, '--directory', root, '.'])
  const digest = (await must('digest a layer', ['sha256sum', layer])).split(' ')[0] ?? ''
  const config = JSON.stringify({
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: { Cmd: ['/bin/sleep', '1000000'], Env: ['PATH=/bin'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
  })
  const name = `${createHash('sha256').update(config).digest('hex')}.json`
  writeFileSync(join(directory, name), config)
  writeFileSync(
    join(directory, 'manifest.json'),
    JSON.stringify([{ Config: name, RepoTags: [POD_IMAGE], Layers: ['layer.tar'] }]),
  )
  const archive = join(directory, 'pod-image.tar')
  const pack = ['tar', '--create', '--file', archive, '--directory', directory]
  await must('pack an image', [...pack, 'manifest.json', name, 'layer.tar'])
  return archive
}
