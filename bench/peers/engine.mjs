// stripe-sync-engine behind Fastify: an event is verified, and its invoice written into a table of
// its own; nothing is fetched from Stripe, and no repeat is told apart.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const require = createRequire(process.env.PEER_FOLDER + '/')
const load = (name) => import(pathToFileURL(require.resolve(name)).href)
const { StripeSync, runMigrations } = await load('@supabase/stripe-sync-engine')
const fastify = (await load('fastify')).default

const schema = 'stripe'
const connectionString = process.env.PEER_DATABASE
await runMigrations({ databaseUrl: connectionString, schema })
const sync = new StripeSync({
  poolConfig: { connectionString, max: 10 },
  schema,
  stripeSecretKey: 'sk_test_bench',
  stripeWebhookSecret: process.env.PEER_SECRET,
  autoExpandLists: false,
  backfillRelatedEntities: false,
})

const app = fastify()
app.removeAllContentTypeParsers()
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
app.post('/webhooks/stripe', async (request) => {
  await sync.processWebhook(request.body, request.headers['stripe-signature'])
  return { received: true }
})
await app.listen({ port: 0, host: '127.0.0.1' })
console.log(app.server.address().port)
