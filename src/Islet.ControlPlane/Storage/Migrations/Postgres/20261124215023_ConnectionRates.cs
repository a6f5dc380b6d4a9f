using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Islet.ControlPlane.Storage.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class ConnectionRates : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "ConnectionsPerSecond",
                table: "ProjectOverrides",
                type: "bigint",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "EgressConnectionsPerSecond",
                table: "ProjectOverrides",
                type: "bigint",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "ConnectionsPerSecond",
                table: "OrganizationLimits",
                type: "bigint",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "EgressConnectionsPerSecond",
                table: "OrganizationLimits",
                type: "bigint",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "ConnectionsPerSecond",
                table: "ProjectOverrides");

            migrationBuilder.DropColumn(
                name: "EgressConnectionsPerSecond",
                table: "ProjectOverrides");

            migrationBuilder.DropColumn(
                name: "ConnectionsPerSecond",
                table: "OrganizationLimits");

            migrationBuilder.DropColumn(
                name: "EgressConnectionsPerSecond",
                table: "OrganizationLimits");
        }
    }
}
