"""Asking the seller of an order, or of a product before it is bought; what is known already is told first."""

from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject, Unrelated, why_not
from madoguchi.core.actions.rules import Refusal, Said, TextCard, said
from madoguchi.core.cases.rules import TEXT_LIMIT
from madoguchi.core.people.queries import access_customer
from madoguchi.core.people.sellers.queries import Seller, seller_by_ref
from madoguchi.core.photos import queries as photos
from madoguchi.core.photos.queries import File
from madoguchi.core.shop.port import Product
from madoguchi.core.shop.queries import Order, access_order, products
from madoguchi.core.threads import verbs
from madoguchi.core.threads.rules import Topic, Wanted
from madoguchi.core.threads.verbs import About
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible
from madoguchi.service.sellers import facts


class AboutOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which order, what about, and what is wanted."""

    order_id: UUID
    topic: Topic
    wanted: Wanted


class AskSeller(AboutOrder, frozen=True, forbid_unknown_fields=True):
    """The same in the customer's words; photos are ids of what was shown before."""

    text: str
    photos: tuple[UUID, ...] = ()


class AboutProduct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which product."""

    customer_id: UUID
    product: str


class AskAboutProduct(AboutProduct, frozen=True, forbid_unknown_fields=True):
    """Which product, in which words."""

    text: str


async def seller_of(tx: Tx, order: Order) -> Seller:
    """Who sold an order; Unrelated("not_by_seller") for the shop's own."""
    told = order.document.seller
    found = await seller_by_ref(tx, order.store_id, told.ref) if told else None
    if found is None:
        raise Unrelated("not_by_seller", 409, alternatives=("service.human",))
    return found


async def facts_form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """What it is about, and what is wanted."""
    topics = tuple(FieldOption(value=one, label=Said(f"threads.topic.{one}")) for one in Topic)
    wanted = tuple(FieldOption(value=one, label=Said(f"threads.wanted.{one}")) for one in Wanted)
    return (
        Field(name="topic", kind=FieldKind.CHOICE, options=topics),
        Field(name="wanted", kind=FieldKind.CHOICE, options=wanted),
    )


async def show_facts(tx: Tx, actor: Actor, arguments: AboutOrder) -> TextCard:
    """What we can answer ourselves."""
    order = await access_order(tx, actor, arguments.order_id)
    return await facts.of_order(tx, order, arguments.topic, arguments.wanted)


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """What it is about and what is wanted; the words; photos."""
    order = await access_order(tx, actor, subject.id)
    return (
        *await facts_form(tx, actor, subject),
        Field(name="text", kind=FieldKind.NOTE, limit=TEXT_LIMIT),
        await photos.field(tx, actor, order.customer_id, required=False),
    )


async def ask(tx: Tx, actor: Actor, arguments: AskSeller) -> TextCard:
    """The question goes to the seller, who is to answer in time, with what was told before."""
    order = await access_order(tx, actor, arguments.order_id)
    seller = await seller_of(tx, order)
    shown = [await photos.access_photo(tx, actor, one) for one in arguments.photos]
    asked = await verbs.ask(
        tx,
        actor,
        order.customer_id,
        seller,
        About(store_id=order.store_id, order_id=order.id),
        arguments.topic,
        arguments.wanted,
        arguments.text,
        facts.for_seller(await facts.of_order(tx, order, arguments.topic, arguments.wanted)),
    )
    for photo in shown:
        held = File(photo.sha, photo.name, photo.media_type, photo.width, photo.height, photo.size)
        await verbs.show(tx, actor, asked.case_id, held)
    return _asked(seller, asked)


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether a marketplace seller sold it."""
    return await why_not(seller_of(tx, await access_order(tx, actor, subject.id)))


async def show_product(tx: Tx, actor: Actor, arguments: AboutProduct) -> TextCard:
    """What we can answer ourselves about a product that a seller sells; invisible when no seller does."""
    customer = await access_customer(tx, actor, arguments.customer_id)
    product, _ = await sold(tx, customer.store_id, arguments.product)
    return await facts.of_product(tx, customer.store_id, product)


async def product_form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """The words."""
    return (Field(name="text", kind=FieldKind.NOTE, limit=TEXT_LIMIT),)


async def ask_about_product(tx: Tx, actor: Actor, arguments: AskAboutProduct) -> TextCard:
    """The question goes to whoever sells the product; invisible when no seller does."""
    customer = await access_customer(tx, actor, arguments.customer_id)
    product, seller = await sold(tx, customer.store_id, arguments.product)
    told = facts.for_seller(await facts.of_product(tx, customer.store_id, product))
    about = About(store_id=customer.store_id, product_ref=product.ref)
    asked = await verbs.ask(tx, actor, customer.id, seller, about, Topic.PRODUCT, Wanted.ANSWER, arguments.text, told)
    return _asked(seller, asked)


async def sold(tx: Tx, store_id: str, product_ref: str) -> tuple[Product, Seller]:
    """A product and who sells it; invisible when it is the shop itself, or there is no such product."""
    product = (await products(tx, store_id, [product_ref])).get(product_ref)
    seller = await seller_by_ref(tx, store_id, product.seller_ref) if product and product.seller_ref else None
    if product is None or seller is None:
        raise invisible()
    return product, seller


def _asked(seller: Seller, asked: verbs.Asked) -> TextCard:
    return TextCard(
        lines=(said("threads.asked", seller=seller.name, until=asked.question.due_at), Said("threads.asked.then")),
        case_id=asked.case_id,
    )
