import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isAnnealError } from '../../core/index.ts'
import type { Finding } from '../../node/index.ts'
import { importCommand, importFile } from './import.ts'
import type { ImportResult } from './import.ts'
import { loadDraft } from './load.ts'
import { readYaml } from './yaml-tree.ts'

const EXAMPLES = fileURLToPath(new URL('../../../examples/import', import.meta.url))

let directory = ''
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'anneal-import-'))
})
after(() => rm(directory, { recursive: true }))

async function importText(text: string, name = 'fig.yml'): Promise<ImportResult> {
  const file = join(directory, name)
  await writeFile(file, text)
  return importFile(file, { environment: {}, project: 'old' })
}

const line = ({ severity, code, subject, evidence }: Finding): string =>
  `${severity} ${code} ${subject}: ${evidence}`
const codes = (result: ImportResult): readonly string[] => result.findings.map((finding) => finding.code)

for (const [folder, file, from] of [
  ['fig-2015', 'fig.yml', 'fig'],
  ['docker-run-2015', 'node.sh', 'docker run'],
  ['compose-2016', 'docker-compose.yml', 'compose'],
] as const) {
  test(`the example ${folder} becomes the file and the findings beside it`, async () => {
    const result = await importFile(join(EXAMPLES, folder, file), { environment: {} })
    assert.equal(result.from, from)
    assert.equal(result.text, await readFile(join(EXAMPLES, folder, 'expected.compose.yaml'), 'utf8'))
    const findings = await readFile(join(EXAMPLES, folder, 'expected.findings.txt'), 'utf8')
    assert.deepEqual(result.findings.map(line), findings.trimEnd().split('\n'))
  })

  test(`what ${folder} becomes is read as a release, once its variables are set`, async () => {
    const { text } = await importFile(join(EXAMPLES, folder, file), { environment: {} })
    const output = join(directory, 'compose.yaml')
    await writeFile(output, text)
    await writeFile(join(directory, 'openstack.env'), 'A=1\n')
    const { draft } = await loadDraft(output, { environment: { OS_PASSWORD: 'x', HOST_IP: '10.0.0.5' } })
    assert.ok(draft.services.length >= 2)
  })

  test(`no secret of ${folder} is printed or copied`, async () => {
    const result = await importFile(join(EXAMPLES, folder, file), { environment: { OS_PASSWORD: 'hunter2' } })
    assert.doesNotMatch(
      result.text + JSON.stringify(result.findings),
      /tiger|guest:guest|nova:nova|=guest|8ed9d1511b5e|hunter2|nova"pass/,
    )
  })
}

test('what stands on a command line in an argument or URL is asked for instead of copied', async () => {
  const { text } = await importText(
    'a:\n  image: a/b:1\n  net: host\n  command: [x, --password=tiger, --url, "amqp://u:tiger@h/", PASSWORD=tiger]\n',
  )
  assert.match(text, /- --password=\$\{PASSWORD:\?/)
  assert.match(text, /- amqp:\/\/u:\$\{URL_PASSWORD:\?[^}]*\}@h\//)
  assert.match(text, /- PASSWORD=\$\{PASSWORD:\?/)
  assert.doesNotMatch(text, /tiger/)
})

test('no secret is copied or told, wherever it stands', async () => {
  await writeFile(join(directory, 'a.conf'), '[db]\nadmin_password = tiger\n')
  const { text, findings } = await importText(`
a:
  image: a/b:1
  net: host
  command: curl -u nova:tiger http://localhost
  labels: { io.example.token: tiger, io.example.url: "amqp://u:tiger@h" }
  healthcheck: { test: [CMD, mysqladmin, ping, -uroot, -ptiger] }
  environment:
    CONFIG: '{"db": {"password": "tiger"}}'
    PULL: ${btoa('{"auths":{"r":{"auth":"' + btoa('nova:tiger') + '"}}}')}
    TOKEN_TTL: 3600
b:
  image: a/b:1
  net: host
  labels: ["io.example.password=tiger"]
  healthcheck: { test: "redis-cli -a tiger ping" }
  log_opt: { splunk-token: tiger }
`)
  const said = text + JSON.stringify(findings)
  assert.doesNotMatch(said, new RegExp(`tiger|${btoa('nova:tiger')}`))
  assert.match(text, /TOKEN_TTL: 3600/)
  for (const where of ['labels.io.example.token', 'healthcheck.test', 'labels', 'command']) {
    assert.ok(
      findings.some(({ code, evidence }) => code === 'SECRET_REDACTED' && evidence.startsWith(`${where}:`)),
      where,
    )
  }
})

test('a secret in a config is reported, in the file itself and beside it', async () => {
  await writeFile(join(directory, 'a.conf'), '[db]\nadmin_password = tiger\n')
  const file = join(directory, 'configs.yaml')
  await writeFile(
    file,
    'services: {a: {image: a/b:1, network_mode: host, configs: [one, two]}}\nconfigs: {one: {file: ./a.conf}, two: {content: "password=tiger"}}\n',
  )
  const { text, findings } = await importFile(file, { environment: {} })
  assert.doesNotMatch(text + JSON.stringify(findings), /tiger/)
  assert.ok(
    findings.some(
      ({ code, evidence }) => code === 'SECRET_IN_CONFIG_FILE' && evidence.startsWith('./a.conf'),
    ),
  )
  assert.ok(
    findings.some(({ code, evidence }) => code === 'SECRET_REDACTED' && evidence.startsWith('configs.two')),
  )
})

test('secrets keep out of a bind of the host’s /run', async () => {
  const { text } = await importText(
    'a:\n  image: a/b:1\n  net: host\n  volumes: ["/run:/run"]\n  environment: {A_TOKEN: t}\n',
  )
  assert.match(text, /A_TOKEN_FILE: \/secrets\/a-token/)
  assert.match(text, /target: \/secrets\/a-token/)
})

test('a file with anchors is written out plainly', async () => {
  const { text } = await importText(
    'version: "2"\nx-a: &a {image: a:1, network_mode: host}\nservices:\n  s:\n    <<: *a\n',
    'docker-compose.yml',
  )
  assert.match(text, /^name: old\n/)
  assert.match(text, /services:\n  s:\n    image: a:1\n    network_mode: host\n/)
})

test('a bind keeps all but its label of SELinux, in every form', async () => {
  const file = await importText(
    'version: "3"\nservices:\n  s:\n    image: a:1\n    network_mode: host\n    volumes:\n      - /a:/a:ro,z # label\n      - /b:/b:Z\n      - /c:/c:rshared\n      - {type: bind, source: /d, target: /d, bind: {selinux: z, propagation: slave}}\n',
    'docker-compose.yml',
  )
  assert.match(file.text, /- \/a:\/a:ro # label\n      - \/b:\/b\n      - \/c:\/c:rshared\n/)
  assert.match(file.text, /target: \/d, bind: \{propagation: slave\}/)
  assert.deepEqual(
    file.findings.flatMap(({ code, evidence }) =>
      code === 'KEY_DROPPED' ? [evidence.split(': ', 1)[0]] : [],
    ),
    ['"/a:/a:ro,z"', '"/b:/b:Z"', '"selinux"'],
  )
  const command =
    'podman run -v /run/libvirt:/run/libvirt:shared,z --mount type=bind,src=/a,dst=/b,relabel=private libvirt:1\n'
  const { text } = await importText(command, 'run.sh')
  assert.match(text, /- \/run\/libvirt:\/run\/libvirt:shared\n/)
  assert.match(text, /source: \/a\n +target: \/b\n +bind:\n +create_host_path: false\n/)
})

test('a key that fig took and did nothing with is left out', async () => {
  const { text, findings } = await importText(
    'a:\n  image: a/b:1\n  name: other\n  detach: true\n  net: host\n',
  )
  assert.match(text, /services:\n  a:\n    image: a\/b:1\n    network_mode: host\n/)
  assert.deepEqual(
    findings
      .filter(({ code }) => code === 'KEY_DROPPED')
      .map(({ severity, evidence }) => `${severity} ${evidence}`),
    ['info name: fig took it and did nothing with it', 'info detach: fig took it and did nothing with it'],
  )
})

test('what cannot be carried over is named, and what changes what runs weighs more', async () => {
  const result = await importText(
    'a:\n  image: a:1\n  net: container:b\n  volumes_from: [b]\n  dns: 8.8.8.8\n  volumes: [/data]\n',
  )
  const severities = Object.fromEntries(
    result.findings.map((finding) => [`${finding.code} ${finding.evidence.slice(0, 16)}`, finding.severity]),
  )
  assert.equal(severities['NETWORK_CHANGED it was on contai'], 'refuse')
  assert.equal(severities['KEY_DROPPED "volumes_from": '], 'refuse')
  assert.equal(severities['KEY_DROPPED "dns": Anneal ha'], 'warn')
  assert.equal(severities['IMPORT_INCOMPLETE volumes[0]: Cann'], 'refuse')
})

test('keys that no format knows are named', async () => {
  const result = await importText('a:\n  image: a:1\n  net: host\n  colour: red\n')
  const finding = result.findings.find((one) => one.code === 'IMPORT_INCOMPLETE')
  assert.match(finding?.evidence ?? '', /colour/)
})

test('a finding about an invalid key names its place once, with a remedy that does not name the import', async () => {
  const { findings } = await importText(
    'services:\n  a: {image: a:1, net: host, volume: [], colour: red}\nvolumess: {}\n',
    'compose.yml',
  )
  const told = findings
    .filter(({ code }) => code === 'IMPORT_INCOMPLETE')
    .map(({ subject, evidence, remedy }) => `${subject}: ${evidence}; ${remedy}`)
  assert.deepEqual(told.toSorted(), [
    'a: colour: Cannot use the key "colour": "services.a" has no such key; remove it, or begin it with x-',
    'a: volume: Cannot use the key "volume": "services.a" has no such key; write volumes',
    'volumess: Cannot use the key "volumess": the top level has no such key; did you mean "volumes"?',
  ])
})

for (const [option, source, remedy] of [
  ['-v relative/x:/x', 'relative/x', /^write \/absolute\/path:\/x or \.\/relative\/x:\/x$/],
  ['--mount type=volume,source=a/b,target=/x', 'a/b', /^write `type: bind`/],
] as const) {
  test(`docker run ${option} names the source that no engine takes`, async () => {
    const { findings } = await importCommand(['docker', 'run', '--net=host', ...option.split(' '), 'a/b:1'], {
      environment: {},
    })
    const [told, ...more] = findings.filter(({ code }) => code === 'IMPORT_INCOMPLETE')
    assert.deepEqual(more, [])
    assert.equal(
      told?.evidence,
      `volumes[0]: Cannot mount "${source}": it is neither a path that begins with / or ./ nor a volume name`,
    )
    assert.match(told.remedy, remedy)
  })
}

test('a volume with a name or a variable in its source is no mistake', async () => {
  const script = 'docker run --net=host -v data:/a -v ./b:/b -v $DIR/c:/c a/b:1'
  assert.ok(!codes(await importText(script, 'run.sh')).includes('IMPORT_INCOMPLETE'))
})

test('a service that is only built needs an image', async () => {
  assert.ok(codes(await importText('a:\n  build: .\n  net: host\n')).includes('IMPORT_INCOMPLETE'))
})

test('a command that a shell has split already is imported as it is', async () => {
  const result = await importCommand(
    ['docker', 'run', '-d', '--net=host', '-e', 'COST=5$', 'a/b:1', 'echo', '$HOME'],
    { environment: {}, project: 'x' },
  )
  assert.match(result.text, /COST: 5\$\$/)
  assert.match(result.text, /- \$\$HOME/)
})

test('files of no known kind are refused', async () => {
  await assert.rejects(importText('just: text\n', 'x.yml'), { code: 'IMPORT_UNKNOWN_FORMAT' })
  await assert.rejects(importText('hello\n', 'x.sh'), { code: 'IMPORT_UNKNOWN_FORMAT' })
})

test('a file that cannot be read as YAML is refused as what cannot be understood, and nobody speaks of a release', async () => {
  await assert.rejects(importText('a: {image: x\n', 'x.yml'), (error) => {
    assert.ok(isAnnealError(error, 'IMPORT_UNREADABLE'), String(error))
    assert.equal(error.exit, 2)
    assert.doesNotMatch(error.message, /release/)
    return true
  })
})

test('the project that is asked for takes the place of the file’s own', async () => {
  const file = join(directory, 'named.yml')
  await writeFile(file, 'name: old\nservices: {a: {image: a/b:1, network_mode: host}}\n')
  assert.match((await importFile(file, { environment: {}, project: 'new' })).text, /^name: new$/m)
  assert.match((await importFile(file, { environment: {} })).text, /^name: old$/m)
})

for (const [script, code, what] of [
  ['docker run --privilegedd a', 'IMPORT_FLAG_UNKNOWN', '--privilegedd'],
  ['docker run -Z a', 'IMPORT_FLAG_UNKNOWN', '-Z'],
  ['echo 1\n\ndocker run --constructor x a', 'IMPORT_FLAG_UNKNOWN', '--constructor'],
  ['docker run -d --net=host', 'IMPORT_IMAGE_MISSING', ''],
  ['docker run -v', 'IMPORT_FLAG_VALUE', '-v'],
  ['docker run --privileged=maybe a', 'IMPORT_FLAG_VALUE', '--privileged'],
  ['docker run --ulimit x a', 'IMPORT_FLAG_VALUE', '--ulimit'],
  ['docker run --mount type=bind,volume-nocopy=true a', 'IMPORT_FLAG_VALUE', '--mount'],
  ['docker run --stop-timeout=x a', 'IMPORT_FLAG_VALUE', '--stop-timeout'],
  ['docker run -e HOST=$(hostname) a', 'IMPORT_SHELL', 'command substitution'],
  ['docker run -e HOST=`hostname` a', 'IMPORT_SHELL', 'command substitution'],
  ['docker run -e A=$((1+1)) a', 'IMPORT_SHELL', ''],
  ['docker run a "$@"', 'IMPORT_SHELL', ''],
  ['docker run "a', 'IMPORT_SHELL', 'quote'],
] as const) {
  test(`${JSON.stringify(script)} is refused as ${code}`, async () => {
    await assert.rejects(importText(script, 'run.sh'), (error) => {
      assert.ok(isAnnealError(error, code), String(error))
      assert.ok(error.message.includes(what), error.message)
      assert.ok(error.data['line'] !== undefined)
      return true
    })
  })
}

test('a value that other readers take for a date or a number is written with quotes', async () => {
  const values = ['0_', '1_000', '0x1_0', '2024-01-01', '22:22', '010', '1.0', 'plain']
  const run = ['docker', 'run', '--detach', '--name', 'it']
  const options = values.flatMap((value, index) => ['--env', `V${index}=${value}`])
  const { text } = await importCommand([...run, ...options, 'example.org/it:1'], { environment: {} })
  const { tree, problems } = readYaml(text)
  assert.deepEqual(problems, [], text)
  const { services } = tree as { services: { it: { environment: Record<string, string> } } }
  assert.deepEqual(Object.values(services.it.environment), values)
})

test('a restart policy of `deploy` becomes `restart`, as Compose v2 has it', async () => {
  const service = (restart: string, policy: string): string =>
    `services: {a: {image: "a/b:1", network_mode: host, ${restart}deploy: {restart_policy: {${policy}}}}}\n`
  for (const [condition, restart] of [
    ['none', 'no'],
    ['on-failure', 'on-failure'],
    ['any', 'always'],
  ] as const) {
    const { text, findings } = await importText(service('', `condition: ${condition}`), 'compose.yml')
    assert.match(text, new RegExp(`restart: ${restart}`))
    assert.doesNotMatch(text, /deploy/)
    assert.ok(!findings.some(({ code }) => code === 'KEY_DROPPED'))
  }
  const { text, findings } = await importText(
    service('restart: always, ', 'condition: on-failure, max_attempts: 3'),
    'compose.yml',
  )
  assert.match(text, /restart: on-failure/)
  assert.deepEqual(
    findings.filter(({ code }) => code === 'KEY_DROPPED').map(({ evidence }) => evidence),
    [
      'deploy.restart_policy.max_attempts: a release says when to restart, not how often',
      'restart: always: deploy.restart_policy takes its place, and is `restart: on-failure` now',
    ],
  )
})

test('a terminal is reported the same from a command and from a file', async () => {
  const evidence = ({ findings }: ImportResult): readonly string[] =>
    findings.filter(({ code }) => code === 'KEY_DROPPED').map((one) => one.evidence)
  const command = await importCommand(['docker', 'run', '-it', '--net=host', 'a/b:1'], { environment: {} })
  const file = await importText(
    'services: {b: {image: "a/b:1", network_mode: host, stdin_open: true, tty: true}}\n',
    'compose.yml',
  )
  assert.equal(evidence(command).length, 2)
  assert.deepEqual(evidence(command), evidence(file))
})

test('a command that cannot be split keeps no secret, and is counted', async () => {
  const { text, findings } = await importText(
    'a:\n  image: a/b:1\n  net: host\n  command: "mysqldump -uroot -ptiger | gzip; x --password tiger"\n',
  )
  assert.doesNotMatch(text + JSON.stringify(findings), /tiger/)
  assert.ok(findings.some(({ code, evidence }) => code === 'IMPORT_INCOMPLETE' && evidence.includes('"|"')))
})

test('a variable without a value that is not set here is counted', async () => {
  const { findings } = await importText(
    'services: {a: {image: "a/b:1", network_mode: host, environment: {A: }}, b: {image: "a/b:1", network_mode: host, environment: [B, C=1]}}\n',
    'compose.yml',
  )
  assert.deepEqual(
    findings
      .filter(({ code }) => code === 'IMPORT_INCOMPLETE')
      .map(({ subject, evidence }) => `${subject} ${evidence}`),
    [
      'a environment: Cannot replace the variable "A": it is not set',
      'b environment: Cannot replace the variable "B": it is not set',
    ],
  )
})

test('a value that is missing in braces is written as null', async () => {
  const { text } = await importText(
    'services: {a: {image: "a/b:1", network_mode: host, environment: {A: , B: 1}}}\n',
    'compose.yml',
  )
  assert.match(text, /\{A: null, B: 1\}/)
})
