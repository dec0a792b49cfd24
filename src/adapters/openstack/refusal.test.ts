import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { reasonIn, refusalError } from './refusal.ts'

describe('the words of a refusal', () => {
  // Recorded from Keystone 22, Glance 25, Ironic 21.4 and Nova 26.
  const cases: readonly (readonly [string, string, string])[] = [
    [
      'Keystone',
      '{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}',
      'The request you have made requires authentication.',
    ],
    [
      'Glance',
      '<html>\n <head>\n  <title>409 Conflict</title>\n </head>\n <body>\n  <h1>409 Conflict</h1>\n  Image status transition from active to saving is not allowed<br /><br />\n\n\n </body>\n</html>',
      '409 Conflict Image status transition from active to saving is not allowed',
    ],
    [
      'Glance in JSON',
      '{"message": "Image status transition from active to saving is not allowed<br /><br />\\n\\n\\n", "code": "409 Conflict", "title": "Conflict"}',
      'Image status transition from active to saving is not allowed',
    ],
    [
      'Ironic',
      '{"error_message": "{\\"faultcode\\": \\"Client\\", \\"faultstring\\": \\"Node x is locked by host a\\", \\"debuginfo\\": null}"}',
      'Node x is locked by host a',
    ],
    [
      'a newer Ironic',
      '{"error_message": {"faultcode": "Client", "faultstring": "No valid host", "debuginfo": null}}',
      'No valid host',
    ],
    ['Nova', '{"conflictingRequest": {"code": 409, "message": "Cannot stop it"}}', 'Cannot stop it'],
    ['a proxy', 'Bad gateway\n', 'Bad gateway'],
    ['nobody', '', 'nothing but status 500'],
  ]
  for (const [who, body, words] of cases) {
    test(`of ${who} are found`, () => assert.equal(reasonIn(body, 500), words))
  }

  test('are cut where they go on and on', () => {
    assert.ok(reasonIn('x'.repeat(10_000), 500).length < 700)
  })
})

describe('a refusal', () => {
  const code = (status: number, reason = ''): string =>
    refusalError('Glance', 'push', { status, reason, requestId: 'r' }).code

  // The form of Ironic 29 for a token of a project.
  const SCOPE = "baremetal:driver:get requires a scope of ['system'], request was made with project scope."

  test('for the scope of a login is no fault of the server, whatever its status, and names the scope', () => {
    for (const status of [403, 500]) {
      const login = { who: 'user "ada" of project "demo" (role admin)', scope: 'project' } as const
      const error = refusalError('Ironic', 'read driver "ipmi"', {
        status,
        reason: SCOPE,
        requestId: 'r',
        login,
      })
      assert.deepEqual([error.code, error.retry], ['OPENSTACK_SCOPE', false])
      assert.match(error.message, /user "ada" of project "demo" \(role admin\)/)
      assert.match(error.remedy, /--os-system-scope all/)
    }
  })

  test('of a login with system scope by Glance sends it to a project', () => {
    const login = { who: 'user "ada" with system scope (role admin)', scope: 'system' } as const
    const { code: told, remedy } = refusalError('Glance', 'list images', {
      status: 403,
      reason: 'You are not authorized to complete get_images action.',
      requestId: 'r',
      login,
    })
    assert.equal(told, 'OPENSTACK_FORBIDDEN')
    assert.match(remedy, /project_name.*--image-cloud/)
  })

  test('by an exception of the server is a fault of its own; by what it stands on it passes', () => {
    const unbound = "cannot access local variable 'auto_lessee' where it is not associated with a value"
    assert.equal(code(500, unbound), 'OPENSTACK_FAULT')
    for (const passes of [
      'nothing but status 500',
      'database is locked',
      'Connection to http://a:8089 refused',
    ]) {
      assert.equal(code(500, passes), 'OPENSTACK_FAILED', passes)
    }
  })

  test('for want of room is one, whatever the status', () => {
    assert.equal(code(413), 'OPENSTACK_QUOTA')
    assert.equal(code(403, 'Quota exceeded for instances'), 'OPENSTACK_QUOTA')
  })

  test('of uploaded data is one of its own, with what to do about it', () => {
    for (const [reason, remedy] of [
      ['415 Unsupported Media Type Image failed safety checks', /gpt_safety_checks_nonfatal/],
      ['Image disk_format raw does not match stream data iso', /^check.*require_image_format_match/],
      [
        'The request media type application/octet-stream is not supported by this server.',
        /gdisk.*require_image_format_match/,
      ],
    ] as const) {
      const error = refusalError('Glance', 'upload the data of image "a"', {
        status: 415,
        reason,
        requestId: 'r',
      })
      assert.deepEqual([error.code, error.retry], ['OPENSTACK_IMAGE_REFUSED', false])
      assert.match(error.remedy, remedy)
    }
  })

  test('of a format that the operator does not list is one of its own', () => {
    const reason =
      "Provided object does not match schema 'image': 'ami' is not one of [None, 'bare']: Failed validating 'enum' in schema['properties']['container_format']"
    const { code: told, message } = refusalError('Glance', 'create image "a"', {
      status: 400,
      reason,
      requestId: 'r',
    })
    assert.equal(told, 'OPENSTACK_FORMAT_REFUSED')
    assert.match(message, /format: container_format 'ami' is not one of \[None, 'bare'\] \[request r\]$/)
  })

  test('is classified by its status', () => {
    assert.equal(code(401), 'OPENSTACK_FORBIDDEN')
    assert.equal(code(403, 'no'), 'OPENSTACK_FORBIDDEN')
    assert.equal(code(404), 'OPENSTACK_NOT_FOUND')
    assert.equal(code(409), 'OPENSTACK_CONFLICT')
    assert.equal(code(400), 'OPENSTACK_REFUSED')
    assert.equal(code(503), 'OPENSTACK_FAILED')
  })
})
