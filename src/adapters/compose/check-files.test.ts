import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { draftRelease } from '../../node/release/index.ts'
import { checkFiles } from './check-files.ts'
import { readYaml } from './yaml-tree.ts'

let root = ''
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'anneal-files-'))
  await mkdir(join(root, 'etc/dir'), { recursive: true })
  await writeFile(join(root, 'etc/open'), 'x')
  await writeFile(join(root, 'etc/closed'), 'x')
  await chmod(join(root, 'etc/open'), 0o644)
  await chmod(join(root, 'etc/closed'), 0o440)
})
after(() => rm(root, { recursive: true }))

test('files that a release names are there, are files, and secrets are for nobody else to read', async () => {
  const text = `name: a
services:
  s:
    image: a:1
    network_mode: host
    secrets: [open, closed, nowhere, dir]
    configs: [open]
    volumes:
      - {type: bind, source: /nowhere, target: /a, bind: {create_host_path: false}}
      - {type: bind, source: /etc, target: /b, bind: {create_host_path: false}}
      - /made/by/the/engine:/c
secrets: {open: {file: /etc/open}, closed: {file: /etc/closed}, nowhere: {file: /etc/nowhere}, dir: {file: /etc/dir}}
configs: {open: {file: /etc/open}}
`
  const { draft, problems } = draftRelease({
    tree: readYaml(text).tree,
    directory: '/',
    envFiles: new Map(),
    lookup: () => undefined,
  })
  assert.deepEqual(problems, [])
  const findings = await checkFiles(draft, root)
  assert.deepEqual(
    findings.map((finding) => `${finding.severity} ${finding.code} ${finding.evidence}`).toSorted(),
    [
      'refuse BIND_SOURCE_MISSING /nowhere',
      'refuse GRANT_MISSING secret "nowhere": /etc/nowhere',
      'refuse GRANT_NO_FILE secret "dir": /etc/dir',
      'warn SECRET_READABLE secret "open": /etc/open has mode 0644',
    ],
  )
})
