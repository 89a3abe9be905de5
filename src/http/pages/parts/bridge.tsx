/** How a phone app is set up to send health data here, and what it has sent. */
import type { FC } from "hono/jsx";
import type { Post } from "../../../store/posts.ts";
import { count, instant } from "./words.ts";

/** A phone that has not posted for this long is asked after. */
const SILENT_MS = 48 * 3_600_000;

/** A test of this page or of an app is nobody's data. */
const isTest = ({ provider, status }: Post): boolean => provider === "" && status < 300;

function stateOf(posts: Post[], zone: string, now: number): [words: string, tone: string] {
  const last = posts.find((post) => post.status < 300 && !isTest(post));
  if (!last)
    return posts.some((post) => !isTest(post)) ? ["Refused so far", "warn"] : ["Waiting for the first post", ""];
  return now - last.at > SILENT_MS ? [`No post since ${instant(last.at, zone)}`, "warn"] : ["Receiving", "good"];
}

interface Given {
  address: string;
  posts: Post[];
  zone: string;
  hasKey: boolean;
  now: number;
}
export const Bridge: FC<Given> = ({ address, posts, zone, hasKey, now }) => (
  <section class="card" id="bridge">
    <div class="heading">
      <h2>Phone bridge</h2>
      <span class={`badge ${stateOf(posts, zone, now)[1]}`}>{stateOf(posts, zone, now)[0]}</span>
    </div>
    <p>
      Apple Health and Health Connect have no cloud. An app on the phone posts their data here, to this address and with
      this header:
    </p>
    <dl>
      <dt>Address (POST, JSON)</dt>
      <dd>
        <code class="secret" id="bridge-url">{`${address}/api/webhooks/ingest`}</code>
      </dd>
      <dt>Header</dt>
      <dd>
        <code class="secret">X-API-Key: qt_…</code>
        <small>
          {hasKey ? "The value is your API key" : "The value is an API key"}
          {" with the scope “ingest” – "}
          <a href="#keys">{hasKey ? "make one more" : "make one"}</a>.
        </small>
      </dd>
    </dl>
    <details>
      <summary>Health Auto Export on iPhone, step by step</summary>
      <ol>
        <li>
          Install “Health Auto Export – JSON+CSV” from the App Store and allow it to read all health data. Automations
          need its Premium version.
        </li>
        <li>Make an API key below and copy it: it is shown once.</li>
        <li>In the app: Automations → New automation → REST API.</li>
        <li>URL: the address above. Add a header with the key “X-API-Key” and your key as the value.</li>
        <li>
          Data type “Health Metrics”, all metrics; export format JSON, export version 2. Period: <em>Default</em>, which
          sends each day until it is complete (“Since Last Sync” misses values that are written late). Aggregation:
          Default, or Minutes.
        </li>
        <li>
          Make a second automation in the same way with the data type “Workouts”, with routes and workout metadata.
        </li>
        <li>
          Set the request timeout to 60 seconds or more, choose how often it syncs, and press “Manual export” once: the
          post appears below.
        </li>
      </ol>
      <p>
        The phone sends only while it is unlocked: data may come late and in bursts. A day that comes again changes
        nothing, or only what has grown.
      </p>
    </details>
    <details>
      <summary>Android (Health Connect), step by step</summary>
      <ol>
        <li>Let your watch’s app write to Health Connect: in its settings, “Health Connect”, allow all.</li>
        <li>
          Install “Health Connect Webhook” (HC Webhook) and allow it to read all of Health Connect, in the background
          too. Without the further permission “Past data” it sees 30 days.
        </li>
        <li>Make an API key below and copy it: it is shown once.</li>
        <li>In the app: add a webhook with the address above, and to it a header “X-API-Key” with your key.</li>
        <li>
          Choose the data types. Resolution: <em>Daily</em> for steps, distance and calories, <em>Raw</em> for the rest.
        </li>
        <li>Interval: an hour. Switch off battery optimisation for the app, or Android stops it.</li>
        <li>Press “Send test”, then “Sync now”: both appear below.</li>
      </ol>
      <p>
        Health.md (API Endpoint), Health Connect to Home Assistant, the Tasker plugin and HCGateway’s bodies are
        understood too: the same address and header. HCGateway and Tasker name the type of record in the address:{" "}
        <code>?type=Steps</code>.
      </p>
    </details>
    <details>
      <summary>Your own script, and trying it from a terminal</summary>
      <p>
        Shortcuts, Tasker or a cron job may post this, one element or thousands; the schema is in the{" "}
        <a href="/docs">API’s documentation</a>:
      </p>
      <pre>
        <code>{`curl -X POST ${address}/api/webhooks/ingest \\
  -H 'X-API-Key: qt_…' -H 'Content-Type: application/json' \\
  --data '{"source": "apple_health", "samples": [
    {"metric": "weight_kg", "time": "2026-03-01T07:30:00+01:00", "value": 70.5}]}'`}</code>
      </pre>
    </details>
    {hasKey ? (
      <form method="post" action="/dashboard/settings/test-post">
        <button type="submit" class="quiet">
          Send a test post
        </button>
        <small> Goes the way of a phone’s post with your newest key, and stores nothing.</small>
      </form>
    ) : null}
    {posts.length > 0 ? <Posts posts={posts} zone={zone} /> : null}
  </section>
);

/** Why it was refused, or the first thing in it that was. */
function whyOf({ detail, rejections }: Post["answer"]): string {
  const [first] = rejections;
  return detail ?? (first ? `${first.pointer}: ${first.reason}` : "");
}

const Posts: FC<{ posts: Post[]; zone: string }> = ({ posts, zone }) => (
  <>
    <h3>Last posts</h3>
    <section class="scroll" tabindex={0} aria-label="Last posts, table">
      <table>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Answer</th>
            <th scope="col" class="number">
              Size
            </th>
            <th scope="col" class="number">
              Received
            </th>
            <th scope="col" class="number">
              New or changed
            </th>
            <th scope="col" class="number">
              Rejected
            </th>
          </tr>
        </thead>
        <tbody>
          {posts.map(({ at, status, bytes, answer, provider }) => (
            <tr>
              <th scope="row">{instant(at, zone)}</th>
              <td>
                <span class={status < 300 ? "badge good" : "badge bad"}>
                  {status >= 300 ? `Refused (${status})` : provider === "" ? "Test" : "Taken"}
                </span>
                <small class="why">{whyOf(answer)}</small>
              </td>
              <td class="number">{`${count(Math.ceil(bytes / 1024))} kB`}</td>
              <td class="number">{count(answer.received)}</td>
              <td class="number">{count(answer.written)}</td>
              <td class="number">{count(answer.rejected)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  </>
);
