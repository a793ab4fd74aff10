// Books the first free time of a day: node book.js ADDRESS TOKEN SLUG DAY. It prints the outcome as JSON.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Appointment = components["schemas"]["AppointmentView"];
type Problem = components["schemas"]["Problem"];

declare const process: { argv: string[] };

function given<T>(answer: { data?: T; error?: Problem }): T {
  if (answer.data === undefined) throw new Error(`${answer.error?.code}: ${answer.error?.detail}`);
  return answer.data;
}

async function main(address: string, token: string, slug: string, day: string): Promise<void> {
  const headers = { Authorization: `Bearer ${token}` };
  const api = createClient<paths, `application/${string}json`>({ baseUrl: address, headers });
  const path = { slug };

  const services = given(await api.GET("/tenant/{slug}/api/services", { params: { path, query: { limit: 10 } } }));
  const service = services.items[0]!.id;
  const week = { service, from: day, to: nextWeek(day) };
  const query = { params: { path, query: week } };
  const free = given(await api.GET("/tenant/{slug}/api/appointments/availability", query));
  const body = {
    service_id: service,
    scheduled_at: free.slots[0]!.starts_at,
    customer_data: { name: "Ana López", phone: "0981 123 456" },
    status: "CONFIRMED",
  } as const;

  const booked: Appointment = given(await api.POST("/tenant/{slug}/api/appointments", { params: { path }, body }));
  const again = await api.POST("/tenant/{slug}/api/appointments", { params: { path }, body });
  const refusal: Problem | undefined = again.error;
  const listed = given(
    await api.GET("/tenant/{slug}/api/appointments", {
      params: { path, query: { status: ["CONFIRMED"], sort: "-scheduled_at" } },
    }),
  );

  const outcome = {
    status: booked.status,
    refused: refusal?.code,
    field: refusal?.errors[0]?.field,
    alternatives: refusal?.alternatives?.length,
    listed: listed.items.map((one) => one.id).includes(booked.id),
  };
  console.log(JSON.stringify(outcome));
}

function nextWeek(day: string): string {
  return new Date(Date.parse(day) + 7 * 86_400_000).toISOString().slice(0, 10);
}

const [address = "", token = "", slug = "", day = ""] = process.argv.slice(2);
await main(address, token, slug, day);
