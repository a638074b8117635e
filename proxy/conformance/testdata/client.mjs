// Asks an upstream through poise, by fetch and by node:http(s).
import http from 'node:http'
import https from 'node:https'
import { createHash, randomBytes } from 'node:crypto'
import { strict as assert } from 'node:assert'

const base = process.argv[2]
const body = randomBytes(300_000)
const sum = `${body.length} ${createHash('sha256').update(body).digest('hex')}`

// request asks by node:http(s), on connections that are kept.
const secure = base.startsWith('https:')
const agent = new (secure ? https : http).Agent({ keepAlive: true, maxSockets: 1 })
const proxy = !secure && process.env.HTTP_PROXY
function request(method, path, { chunks = [], headers = {} } = {}) {
  const target = new URL(proxy || base)
  return new Promise((resolve, reject) => {
    const r = (secure ? https : http).request({
      hostname: target.hostname, port: target.port, method, path: proxy ? base + path : path, agent,
      headers: proxy ? { ...headers, host: new URL(base).host } : headers,
    }, (answer) => {
      const parts = []
      answer.on('data', (part) => parts.push(part))
      answer.on('error', reject)
      answer.on('end', () => resolve({
        status: answer.statusCode, headers: answer.headers, trailers: answer.trailers, body: Buffer.concat(parts),
        reused: r.reusedSocket,
      }))
    })
    r.on('error', reject)
    for (const chunk of chunks) r.write(chunk)
    r.end()
  })
}

let got = await request('GET', '/get?q=;x')
assert.equal(got.body.toString(), 'fine')
assert.equal(got.headers['x-query'], 'q=;x')
got = await request('POST', '/post', { chunks: [body.subarray(0, 1000), body.subarray(1000)] })
assert.equal(got.body.toString(), sum)
assert.ok(got.reused, 'the connection was kept')
got = await request('POST', '/post', { chunks: [body], headers: { 'content-length': body.length, expect: '100-continue' } })
assert.equal(got.body.toString(), sum)
got = await request('GET', '/chunked')
assert.equal(got.body.toString(), 'part 0\npart 1\npart 2\n')
assert.equal(got.trailers['x-sum'], '3')
got = await request('HEAD', '/large')
assert.deepEqual([got.status, got.headers['content-length'], got.body.length], [200, '1048576', 0])
got = await request('GET', '/large')
assert.equal(got.body.length, 1 << 20)
got = await request('GET', '/nothing')
assert.equal(got.status, 204)
agent.destroy()

if (!proxy) { // fetch does not know of proxies in this version
  let answer = await fetch(base + '/get?q=;x')
  assert.equal(await answer.text(), 'fine')
  answer = await fetch(base + '/post', { method: 'POST', body })
  assert.equal(await answer.text(), sum)
  answer = await fetch(base + '/redirect')
  assert.equal(await answer.text(), 'fine')
  assert.ok(answer.redirected)
  answer = await fetch(base + '/chunked')
  assert.equal(await answer.text(), 'part 0\npart 1\npart 2\n')
  const many = await Promise.all(Array.from({ length: 50 }, () => fetch(base + '/large').then((a) => a.arrayBuffer())))
  assert.ok(many.every((b) => b.byteLength === 1 << 20))
}
